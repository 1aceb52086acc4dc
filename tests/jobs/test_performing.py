"""What single jobs come to."""

import numpy as np
import pytest

from hiercoop.algorithms.registry import make_allocator
from hiercoop.config.scenario import MobilityConfig, ScenarioConfig, TrafficConfig
from hiercoop.errors import BundleError, ConfigError
from hiercoop.execution.bundle import load_bundle, write_bundle
from hiercoop.jobs.description import PayloadSearchJob, SwitchJob
from hiercoop.jobs.perform import perform
from hiercoop.jobs.results import as_array
from hiercoop.training.evaluation import evaluate
from tests.bundles import random_bundle
from tests.jobs.described import SCENARIO, evaluation


@pytest.fixture
def bundle(tmp_path):
    write_bundle(random_bundle(SCENARIO), tmp_path / "policy")
    return str(tmp_path / "policy")


def test_an_evaluation_job_is_hiercoop_evaluate_episode_by_episode(tmp_path):
    scenario = ScenarioConfig(episode_slots=20, traffic=TrafficConfig(payload_bytes=8_000.0))
    job = evaluation(policy="local-search", episodes=6, scenario=scenario)
    result = perform(job, {}, tmp_path)
    report = evaluate(scenario, make_allocator("local-search", scenario, job.seed), 6, job.seed)
    for name, estimate in report.metrics.items():
        assert np.nanmean(as_array(result.metrics[name])) == pytest.approx(estimate.mean, rel=1e-6)


def test_without_an_edge_every_cell_follows_the_default_option_and_nothing_is_sent(tmp_path, bundle):
    result = perform(evaluation(policy=bundle, reporting="none"), {}, tmp_path)
    assert result.signalling_per_slot["link_bytes_per_slot"] == 0.0
    assert result.option_share == (1.0, *[0.0] * 7)


def test_more_frequent_reports_cost_more_bytes(tmp_path, bundle):
    costs = [
        perform(evaluation(policy=bundle, reporting="periodic", report_period_slots=period), {}, tmp_path).signalling_per_slot[
            "payload_bytes_per_slot"
        ]
        for period in (1, 5, 20)
    ]
    assert costs[0] == pytest.approx(5 * costs[1], rel=0.05)
    assert costs[1] > costs[2] > 0.0


def test_another_bundle_in_the_same_place_is_refused(tmp_path, bundle):
    digest = load_bundle(tmp_path / "policy").digest
    perform(evaluation(policy=bundle, bundle_digest=digest), {}, tmp_path)
    with pytest.raises(BundleError, match="describe the job anew"):
        perform(evaluation(policy=bundle, bundle_digest="0" * 64), {}, tmp_path)


def test_a_search_ends_where_delivery_crosses_the_wanted_share(tmp_path):
    job = PayloadSearchJob(
        policy="local-search",
        scenario=SCENARIO,
        delivery_success=0.8,
        bounds_bytes=(2_000.0, 40_000.0),
        tolerance_bytes=1_000.0,
        episodes=32,
        seed=3,
    )
    result = perform(job, {}, tmp_path)
    below = max(payload for payload, success in result.tried if success >= 0.8)
    above = min(payload for payload, success in result.tried if success < 0.8)
    assert below < result.payload_bytes < above
    assert above - below <= 1_000.0


def test_a_search_outside_its_bounds_says_so(tmp_path):
    job = PayloadSearchJob(
        policy="random", scenario=SCENARIO, delivery_success=0.5, bounds_bytes=(1.0, 2.0), episodes=2, seed=3
    )
    with pytest.raises(ConfigError, match="widen"):
        perform(job, {}, tmp_path)


def test_a_switch_holds_from_the_first_slot_of_the_round_it_was_made_for(tmp_path, bundle):
    scenario = ScenarioConfig(episode_slots=20, mobility=MobilityConfig(kind="grid"))
    job = SwitchJob(policy=bundle, scenario=scenario, payloads_bytes=(10.0, 1e6), rounds=(3, 2), seed=1)
    result = perform(job, {}, tmp_path)
    assert result.switch_slot == 60
    assert len(result.option_share) == 100
    assert all(sum(row) == pytest.approx(1.0) for row in result.option_share)
    assert result.delivery_success == (1.0, 1.0, 1.0, 0.0, 0.0)
    # Small payloads are gone within a few slots, large ones keep all links busy to the deadline.
    assert result.goodput_bps[59] == 0.0
    assert min(result.goodput_bps[60:]) > 0.0
