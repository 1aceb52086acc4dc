"""A command's record becomes its command line."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from hiercoop.cli.options import CommonOptions, ScenarioOptions, resolve_scenario, with_options
from hiercoop.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class GreetOptions(CommonOptions):
    name: Annotated[str, typer.Argument()]
    times: Annotated[int, typer.Option(min=1)] = 1


def run(*arguments: str) -> tuple[int, list[GreetOptions]]:
    seen: list[GreetOptions] = []
    app = typer.Typer()
    app.command()(with_options(seen.append, GreetOptions))
    return CliRunner().invoke(app, list(arguments)).exit_code, seen


def test_fields_become_arguments_and_options():
    _, seen = run("ada", "--times", "2", "--json", "--seed", "7", "--set", "a=1", "--set", "b.c=x", "--config", "f.toml")
    wanted = GreetOptions(name="ada", times=2, json=True, seed=7, settings=["a=1", "b.c=x"], config=Path("f.toml"))
    assert seen == [wanted]


def test_defaults_are_those_of_the_record():
    assert run("ada") == (0, [GreetOptions(name="ada")])


@pytest.mark.parametrize("arguments", [[], ["ada", "--times", "0"], ["ada", "--seed", "x"], ["ada", "--unknown"]])
def test_wrong_usage_exits_with_2(arguments: list[str]):
    assert run(*arguments) == (2, [])


def test_a_command_s_own_setting_wins_over_set_and_set_over_the_file(tmp_path: Path):
    file = tmp_path / "scenario.toml"
    file.write_text("num_sbs = 5\nepisode_slots = 50\nnum_vehicles_per_sbs = 2\n")
    options = ScenarioOptions(config=file, settings=["num_sbs=4", "episode_slots=60"])
    scenario = resolve_scenario(options, "num_sbs=2")
    assert (scenario.num_sbs, scenario.episode_slots, scenario.num_vehicles_per_sbs) == (2, 60, 2)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("num_sbs=0", "num_sbs=0"),
        ("num_vehicles_per_sbs=99", "num_vehicles_per_sbs=99"),
        ("radio.num_bands=65", "radio.num_bands=65"),
        ("episode_slots=0", "episode_slots=0"),
        ("radio.band_bandwidth_hz=-1", "radio.band_bandwidth_hz=-1"),
        ("traffic.payload_bytes=-5", "traffic.payload_bytes=-5"),
        ("traffic.payload_bytes=nan", "traffic.payload_bytes=nan"),
        ("traffic.payload_bytes=many", "traffic.payload_bytes='many'"),
        ('num_sbs="3"', "num_sbs='3': must be a number"),
        ("radio.carrier_hz=true", "radio.carrier_hz=True: must be a number"),
        ("traffic.full_buffer=1", "traffic.full_buffer=1: must be true or false"),
        ("radio.colour=3", "unknown configuration key 'radio.colour'"),
        ("num_sbs", "must have the form key=value"),
    ],
)
def test_a_setting_out_of_bounds_is_named_with_its_value(setting: str, words: str):
    with pytest.raises(ConfigError, match=re.escape(words)) as refusal:
        resolve_scenario(ScenarioOptions(settings=[setting]))
    assert "\n" not in str(refusal.value)


def test_a_missing_and_a_malformed_configuration_file_are_refused(tmp_path: Path):
    broken = tmp_path / "broken.toml"
    broken.write_text("num_sbs = = 3")
    for file in (tmp_path / "absent.toml", broken):
        with pytest.raises(ConfigError, match=str(file)):
            resolve_scenario(ScenarioOptions(config=file))
