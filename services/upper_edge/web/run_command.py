"""The command that begins a run anew."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from pydantic import JsonValue

from hiercoop.config.load import load_scenario
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError

MODES = {"pacing": "--pacing", "options": "--options", "reporting": "--reporting", "codec": "--codec"}
BY_OPTION = {("num_sbs",), ("mobility", "kind"), ("mobility", "trace")}
"""Settings that an option of the command gives."""


def command_of(run: RunConfig, policy: str | None) -> str:
    """`hiercoop up` with every setting that differs from the scenario's preset; commands given on the way are no part of it."""
    scenario = run.scenario
    words = ["hiercoop", "up", "--scenario", _preset_of(scenario), "--sbs", str(scenario.num_sbs), "--seed", str(run.seed)]
    words += [] if policy is None else ["--policy", policy]
    for name, option in MODES.items():
        if getattr(run, name) != RunConfig.model_fields[name].default:
            words += [option, str(getattr(run, name))]
    if run.reporting == "periodic":
        words += ["--period", str(run.report_period_slots)]
    if run.max_slots is not None:
        words += ["--slots", str(run.max_slots)]
    if scenario.mobility.trace is not None:
        words += ["--mobility", scenario.mobility.trace]
    for path, value in _differences(scenario):
        words += ["--set", f"{'.'.join(path)}={json.dumps(value)}"]
    return shlex.join(words)


def _preset_of(scenario: ScenarioConfig) -> str:
    try:
        load_scenario(scenario.name)
    except ConfigError:
        return "urban-grid"
    return scenario.name


def _differences(scenario: ScenarioConfig) -> list[tuple[tuple[str, ...], JsonValue]]:
    preset = dict(_leaves(load_scenario(_preset_of(scenario)).model_dump(mode="json")))
    return [
        (path, value)
        for path, value in _leaves(scenario.model_dump(mode="json"))
        if path not in BY_OPTION and value is not None and value != preset.get(path)
    ]


def _leaves(values: dict[str, JsonValue], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value
