"""Schemes really exchange what they say, come to what they should, and are counted once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hiercoop.algorithms.best_response import PayloadBestResponse
from hiercoop.config.load import load_scenario
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.types import ChannelState
from hiercoop.errors import HandshakeError, MessageError
from hiercoop.execution.bundle import PolicyBundle, write_bundle
from hiercoop.execution.in_process import run_in_process
from hiercoop.execution.scheme_cost import centre_complex_cost, centre_gains_cost, mesh_gains_cost
from hiercoop.schemes.channel_state import assemble, make_report
from hiercoop.schemes.comparison import SchemeResult, compare_schemes
from hiercoop.schemes.information_age import InformationAge
from tests.bundles import random_bundle

SLOTS = 12


def scenario() -> ScenarioConfig:
    return load_scenario("urban-grid", settings=('mobility.kind="grid"', "episode_slots=10"))


def run(**changes: object) -> RunConfig:
    return RunConfig(scenario=scenario(), max_slots=SLOTS, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> tuple[PolicyBundle, str]:
    bundle, path = random_bundle(scenario()), tmp_path_factory.mktemp("policy") / "bundle"
    write_bundle(bundle, path)
    return bundle, str(path)


def results_of(policy: tuple[PolicyBundle, str], *schemes: str, seeds: tuple[int, ...] = (1,)) -> list[SchemeResult]:
    runs = [run(seed=seed, report_period_slots=3) for seed in seeds]
    return compare_schemes(schemes, runs, *policy, lambda slot: None)


def best_response_capacity_bps(seed: int) -> float:
    """The same rule in one process, on the channel state itself."""
    env, search = HetNetEnv(scenario(), 1, seed), PayloadBestResponse(scenario(), seed)
    observation, capacity_bps = env.reset(), []
    for _ in range(SLOTS):
        outcome = env.step(search.allocate(observation, env.channel_state()))
        observation = outcome.observation
        capacity_bps.append(float(outcome.measurement.capacity_bps.sum()))
    return float(np.mean(capacity_bps))


def test_a_centre_and_a_mesh_find_what_best_response_finds_that_sees_all(policy: tuple[PolicyBundle, str]) -> None:
    wanted = best_response_capacity_bps(seed=1)
    for result in results_of(policy, "full-channel-state", "full-channel-state-complex", "full-mesh"):
        assert result.sum_capacity_bps == pytest.approx(wanted, rel=1e-3), result.scheme
        assert result.age_of_information_slots == {"p50": 0.0, "p99": 0.0}


def test_what_was_exchanged_is_what_the_model_of_its_size_says_within_three_per_cent(policy: tuple[PolicyBundle, str]) -> None:
    modelled = (centre_gains_cost, centre_complex_cost, mesh_gains_cost)
    for result, cost in zip(
        results_of(policy, "full-channel-state", "full-channel-state-complex", "full-mesh"), modelled, strict=True
    ):
        for layer, size_bytes in cost(scenario()).items():
            assert result.layers[layer]["bytes_per_slot"] == pytest.approx(size_bytes, rel=0.03), (result.scheme, layer)


def test_a_mesh_counts_each_message_once(policy: tuple[PolicyBundle, str]) -> None:
    (result,) = results_of(policy, "full-mesh")
    assert {(kind["type"], kind["is_up"], kind["messages"]) for kind in result.kinds} == {
        ("ChannelStateReport", True, 2 * SLOTS)
    }


@pytest.mark.processes
def test_features_come_to_what_the_same_run_in_one_process_comes_to(policy: tuple[PolicyBundle, str]) -> None:
    schemes = ("every-slot", "periodic", "on-termination")
    for result in results_of(policy, *schemes, seeds=(3,)):
        whole = run_in_process(run(seed=3, report_period_slots=3, reporting=result.scheme), policy[0])
        counts, slot_s = whole.emulation.counts, scenario().radio.slot_duration_s
        assert result.sum_capacity_bps == counts.capacity_bits / (SLOTS * slot_s)
        reports = sum(cell.counts.reports for cell in whole.emulation.cells)
        assert sum(kind["messages"] for kind in result.kinds if kind["type"] == "FeatureReport") == reports  # type: ignore[misc]
        assert set(result.phases) == {"policy_transfer", "setup", "steady"}
        assert result.layers["payload_bytes"]["bytes_per_slot"] == result.phases["steady"]["payload_bytes"] / SLOTS


def test_nobody_who_tells_nothing_costs_a_byte(policy: tuple[PolicyBundle, str]) -> None:
    (result,) = results_of(policy, "none", seeds=(1, 2))
    assert result.kinds == []
    assert result.layers["link_bytes"]["bytes_per_slot"] == 0.0
    assert result.age_of_information_slots == {"p50": None, "p99": None}
    assert result.sum_capacity_bps > 0


def channel() -> ChannelState:
    env = HetNetEnv(scenario(), 1, 5)
    env.reset()
    return env.channel_state()


@pytest.mark.parametrize("is_complex", [False, True])
def test_the_channel_state_survives_its_way_through_the_reports(is_complex: bool) -> None:
    given = channel()
    reports = {cell: make_report(scenario(), given, cell, 0, is_complex) for cell in range(3)}
    heard = assemble(scenario(), reports, given.gain[0, :, -1])
    np.testing.assert_allclose(heard.gain, given.gain, rtol=1e-6)
    np.testing.assert_array_equal(heard.active, given.active)
    np.testing.assert_allclose(heard.payload_left_bits, given.payload_left_bits, rtol=1e-6)


def test_channel_state_of_another_shape_is_refused() -> None:
    given = channel()
    reports = {cell: make_report(scenario(), given, cell, 0) for cell in range(3)}
    reports[1].gain.shape[0] = 3
    with pytest.raises(MessageError, match=r"shape \(3, 4\) came where \(9, 4\) is wanted"):
        assemble(scenario(), reports, given.gain[0, :, -1])


def test_joint_decisions_use_information_of_their_own_slot() -> None:
    age = InformationAge(3, is_joint=True)
    for slot in range(6):
        age.note(slot, {0, 1, 2} if slot % 3 == 0 else set())
    assert age.percentiles_slots() == {"p50": 1.0, "p99": 2.0}


def test_other_decisions_use_information_of_slots_before_theirs() -> None:
    age = InformationAge(2, is_joint=False)
    age.note(0, {0, 1})
    assert age.percentiles_slots() == {"p50": None, "p99": None}
    age.note(4, {0})
    assert age.percentiles_slots() == {"p50": 4.0, "p99": 4.0}
    age.note(5, {1})
    assert age.percentiles_slots()["p50"] == 4.0


def test_an_exchange_that_cannot_go_on_ends_the_comparison(policy: tuple[PolicyBundle, str], tmp_path: Path) -> None:
    bundle, _ = policy
    write_bundle(random_bundle(scenario(), seed=9), tmp_path / "other")
    with pytest.raises(HandshakeError, match="is not here"):
        compare_schemes(["every-slot"], [run()], bundle, str(tmp_path / "other"), lambda slot: None)
