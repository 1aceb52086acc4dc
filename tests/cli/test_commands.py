"""What commands answer."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hiercoop.config.load import preset_names
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.bundle import write_bundle
from tests.bundles import random_bundle
from tests.cli.conftest import Answer

Cli = Callable[..., Answer]
METRICS = {
    "sum_capacity_bps",
    "link_capacity_bps",
    "goodput_bps",
    "delivery_success",
    "time_to_deliver_s",
    "spectral_efficiency_bps_hz",
    "reward",
}
KEYS = METRICS | {"policy", "scenario", "episodes", "seed", "payload_bytes", "signalling", "option_share"}


def test_evaluate_answers_with_the_agreed_keys(hiercoop: Cli):
    report = hiercoop("evaluate", "random", "--episodes", 4, "--seed", 3, "--payload-bytes", 1000, "--json").json
    assert set(report) == KEYS
    assert (report["policy"], report["scenario"], report["seed"]) == ("random", "urban-grid", 3)
    assert (report["episodes"], report["payload_bytes"]) == (4, 1000.0)
    assert all(set(report[name]) == {"mean", "ci95"} for name in METRICS)


def test_evaluate_says_what_a_rule_is_worth_on_the_semantic_downlink(hiercoop: Cli):
    report = hiercoop("evaluate", "greedy", "--scenario", "semantic-downlink", "--episodes", 4, "--seed", 3, "--json").json
    assert (report["policy"], report["scenario"], report["seed"], report["episodes"]) == ("greedy", "semantic-downlink", 3, 4)
    assert report["qoe"]["mean"] == pytest.approx(report["rate_qoe"]["mean"] + report["accuracy_qoe"]["mean"])
    assert report["qoe"]["ci95"][0] < report["qoe"]["mean"] < report["qoe"]["ci95"][1]


def test_the_same_seed_gives_the_same_answer_and_another_seed_another(hiercoop: Cli):
    first, again, other = (hiercoop("evaluate", "random", "--episodes", 2, "--seed", seed, "--json").out for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_full_buffer_has_no_payload_and_no_delivery(hiercoop: Cli):
    report = hiercoop("evaluate", "random", "--episodes", 2, "--full-buffer", "--json").json
    assert report["payload_bytes"] is None
    assert report["delivery_success"]["mean"] is None


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_evaluates_and_drives(hiercoop: Cli, preset: str):
    report = hiercoop("evaluate", "random", "--scenario", preset, "--episodes", 2, "--set", "episode_slots=5", "--json").json
    assert report["scenario"] == preset
    driven = hiercoop("simulate", "--policy", "local-search", "--scenario", preset, "--seconds", 0.1, "--json").json
    assert driven["scenario"] == preset


def test_people_get_lines_instead_of_json(hiercoop: Cli):
    answer = hiercoop("evaluate", "random", "--episodes", 2)
    assert answer.code == 0
    assert "delivery_success.mean" in answer.out


def test_simulate_on_the_grid_covers_the_seconds_asked_for(hiercoop: Cli):
    report = hiercoop("simulate", "--policy", "local-search", "--seconds", 0.3, "--json").json
    assert set(report) == KEYS
    assert report["episodes"] == 3


def test_simulate_on_a_trace_is_named_for_it(hiercoop: Cli, bologna_trace: Path):
    report = hiercoop("simulate", "--policy", "random", "--mobility", bologna_trace, "--seconds", 0.2, "--json").json
    assert (report["scenario"], report["episodes"]) == ("bologna-acosta", 2)


def test_a_bundle_evaluates_with_its_signalling(hiercoop: Cli, policy: Path):
    report = hiercoop("evaluate", policy, "--episodes", 2, "--json").json
    assert report["signalling"]["reports_per_slot"] > 0
    assert sum(report["option_share"]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("modes", "reports_per_slot"),
    [
        (["--reporting", "every-slot"], 3.0),
        (["--reporting", "periodic", "--period", "10"], 0.3),
        (["--reporting", "periodic"], 0.6),
    ],
)
def test_evaluate_reports_as_it_is_told(hiercoop: Cli, policy: Path, modes: list[str], reports_per_slot: float):
    report = hiercoop("evaluate", policy, "--episodes", 2, *modes, "--json").json
    assert report["signalling"]["reports_per_slot"] == pytest.approx(reports_per_slot)


def test_evaluate_codes_features_as_it_is_told_and_else_as_the_bundle_does(hiercoop: Cli, tmp_path: Path):
    write_bundle(random_bundle(ScenarioConfig(), codec="int8"), tmp_path / "policy")
    costs = [
        hiercoop("evaluate", tmp_path / "policy", "--episodes", 2, "--reporting", "every-slot", *modes, "--json").json
        for modes in ([], ["--codec", "int8"], ["--codec", "fp32"])
    ]
    bundled, int8, fp32 = (cost["signalling"]["payload_bytes_per_slot"] for cost in costs)
    assert bundled == int8 < fp32 - 100


def test_every_slot_reporting_reports_in_every_slot_of_every_cell(hiercoop: Cli, policy: Path):
    answer = hiercoop("simulate", "--policy", policy, "--seconds", 0.1, "--reporting", "every-slot", "--json")
    assert answer.json["signalling"]["reports_per_slot"] == pytest.approx(3.0)


def test_the_twin_writes_the_same_trace_twice(hiercoop: Cli, policy: Path, tmp_path: Path):
    traces = [tmp_path / "first.trace", tmp_path / "second.trace"]
    for trace in traces:
        summary = hiercoop("simulate", "--policy", policy, "--slots", 30, "--codec", "int8", "--trace", trace, "--json").json
        assert (summary["slots"], summary["reproducible"]) == (30, True)
    first, second = (trace.read_bytes() for trace in traces)
    assert first == second
    assert json.loads(first.splitlines()[0])["modes"]["codec"] == "int8"


def test_a_trace_replays_its_own_controls(hiercoop: Cli, policy: Path, tmp_path: Path):
    controls = tmp_path / "controls.jsonl"
    controls.write_text('{"slot": 7, "control": {"payload_bytes": 500}}\n')
    first, second = tmp_path / "first.trace", tmp_path / "second.trace"
    hiercoop("simulate", "--policy", policy, "--slots", 120, "--controls", controls, "--trace", first)
    hiercoop("simulate", "--policy", policy, "--slots", 120, "--controls", first, "--trace", second)
    assert b'"payload_bytes":500' in first.read_bytes()
    assert first.read_bytes() == second.read_bytes()
