"""The command that is shown for a run begins just that run."""

from __future__ import annotations

import json
import shlex

import pytest

from hiercoop.config.load import load_scenario, preset_names
from hiercoop.config.run import RunConfig
from services.__main__ import _simulator_environment, parse
from services.channel_sim.settings import SimSettings
from services.upper_edge.web.run_command import command_of


def begun_by(command: str) -> RunConfig:
    """The run configuration that the simulator would make of this command."""
    program, verb, *words = shlex.split(command)
    assert (program, verb) == ("hiercoop", "up")
    environment = _simulator_environment(parse(words))
    given = {name.lower(): value for name, value in environment.items() if name != "SETTINGS"}
    return SimSettings.model_validate({**given, "settings": json.loads(environment["SETTINGS"])}).run_config()


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_comes_back(preset: str) -> None:
    run = RunConfig(scenario=load_scenario(preset, settings=('mobility.kind="grid"',)), seed=5, min_agents=None)
    assert begun_by(command_of(run, None)) == run


@pytest.mark.parametrize(
    ("settings", "modes"),
    [
        (["num_sbs=5", "radio.num_bands=6", "traffic.payload_bytes=20000.0"], {}),
        (["traffic.full_buffer=true", 'radio.fading="jakes"', 'name="my-own"'], {"reporting": "every-slot", "codec": "int8"}),
        (["sbs_sites_m=[[100.0, 250.0], [500.0, 250.0], [900.0, 500.0]]"], {"reporting": "periodic", "report_period_slots": 9}),
        (["mobility.speed_mps=33.3", "mobility.num_vehicles=40"], {"pacing": "realtime", "options": "asynchronous"}),
        (["traffic.load_ratio=3.0"], {"max_slots": 5000}),
    ],
)
def test_changed_settings_and_modes_come_back(settings: list[str], modes: dict[str, object]) -> None:
    scenario = load_scenario("urban-grid", settings=('mobility.kind="grid"', *settings))
    run = RunConfig(scenario=scenario, seed=11, **modes)  # type: ignore[arg-type]
    assert begun_by(command_of(run, "default")) == run


def test_the_policy_is_named_where_its_name_is_known() -> None:
    assert "--policy default" in command_of(RunConfig(), "default")
    assert "--policy" not in command_of(RunConfig(), None)
