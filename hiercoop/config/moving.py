"""The scenario of a running emulation: as a preset describes it, with vehicles that drive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig

MAX_NAME_LENGTH = 64


def moving_scenario(preset: str, trace: Path | None, file: Path | None = None, settings: Sequence[str] = ()) -> ScenarioConfig:
    """The preset with its vehicles on a SUMO trace, and named for it, or else driving the urban grid.

    File and settings are laid over it as `load_scenario` does, with its errors; whether the trace can be read shows later.
    """
    if trace is None:
        moving = ['mobility.kind="grid"']
    else:
        moving = ['mobility.kind="trace"', f"mobility.trace='{trace}'", f'name="{_scenario_name(trace)}"']
    return load_scenario(preset, file, [*moving, *settings])


def _scenario_name(trace: Path) -> str:
    """bologna-acosta for bologna_acosta.fcd.xml.gz."""
    words = re.findall(r"[a-z0-9]+", trace.name.partition(".")[0].lower())
    return "-".join(words)[:MAX_NAME_LENGTH] or "trace"
