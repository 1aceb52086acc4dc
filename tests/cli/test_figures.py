"""`hiercoop figures` as a shell sees it."""

import pytest

SMALL = (
    "--quick",
    "--set",
    "training_seeds=[1]",
    "--set",
    'training_settings=["iterations=1", "num_envs=1", "validation.num_envs=1"]',
    "--set",
    "scenario.episode_slots=20",
    "--set",
    "switch_runs=1",
    "--set",
    "switch_rounds=[2, 2]",
)


def test_the_list_names_every_figure_and_makes_none(hiercoop, tmp_path):
    answer = hiercoop("figures", "--list", "--json", "--results", tmp_path / "jobs", "--out", tmp_path / "out")
    assert answer.code == 0
    listing = answer.json
    assert listing["all"]["jobs"] > listing["capacity-payload"]["jobs"] > 0
    assert listing["all"]["minutes"] > 0
    assert not (tmp_path / "out").exists()


def test_an_unknown_figure_is_a_configuration_error(hiercoop, tmp_path):
    answer = hiercoop("figures", "no-such-figure", "--results", tmp_path)
    assert answer.code == 3
    assert "options-payload" in answer.err


def test_an_address_without_ray_is_refused_before_any_work(hiercoop, tmp_path):
    answer = hiercoop("figures", "switch", *SMALL, "--ray-address", "127.0.0.1:1", "--results", tmp_path)
    assert answer.code == 3
    assert "--engine ray" in answer.err


@pytest.mark.processes
def test_a_figure_is_made_once_and_drawn_again_to_the_same_bytes(hiercoop, tmp_path):
    arguments = ("figures", "switch", *SMALL, "--json", "--results", tmp_path / "jobs", "--out")
    first = hiercoop(*arguments, tmp_path / "first")
    assert first.code == 0
    assert first.json["jobs"] == {"total": 2, "found": 0, "done": 2, "failed": 0}
    again = hiercoop(*arguments, tmp_path / "again")
    assert again.json["jobs"] == {"total": 2, "found": 2, "done": 0, "failed": 0}
    for suffix in ("pdf", "png", "csv"):
        made = [(tmp_path / place / f"switch.{suffix}").read_bytes() for place in ("first", "again")]
        assert made[0] == made[1]


@pytest.mark.processes
def test_a_failed_training_is_told_and_what_does_not_need_it_is_drawn(hiercoop, tmp_path):
    answer = hiercoop(
        "figures", "density", *SMALL, "--json", "--out", tmp_path / "out", "--results", tmp_path / "jobs",
        "--set", 'training_settings=["scenario.num_vehicles_per_sbs=2", "iterations=1", "num_envs=1", "validation.num_envs=1"]',
        "--set", "sweep_episodes=2", "--set", "spacings_m=[50.0]",
    )  # fmt: skip
    # Policies for two vehicles a cell cannot serve three: their evaluations fail, those of baselines do not.
    assert answer.code == 1
    assert "wants 3" in answer.err
    series = {line.split(",")[1] for line in (tmp_path / "out" / "density.csv").read_text().splitlines()[1:]}
    assert series == {"best-response", "best-response-delayed", "band-plan"}
