"""The scenario of a running emulation: as a preset describes it, with vehicles that drive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig


def moving_scenario(name: str, trace: Path | None, file: Path | None = None, settings: Sequence[str] = ()) -> ScenarioConfig:
    """The preset with its vehicles on a SUMO trace, or else driving the urban grid, overlaid as `load_scenario` does.

    Raises ConfigError as `load_scenario` does; whether the trace can be read shows when it is.
    """
    moving = ['mobility.kind="grid"'] if trace is None else ['mobility.kind="trace"', f"mobility.trace='{trace}'"]
    return load_scenario(name, file, [*moving, *settings])
