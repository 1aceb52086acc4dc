"""What single figures count, and on what."""

import math

import numpy as np
import pytest

from hiercoop.errors import ConfigError
from hiercoop.execution.scheme_cost import centre_gains_cost
from hiercoop.figures import contenders
from hiercoop.figures.by_payload import POLICIES
from hiercoop.figures.catalogue import FIGURES, figures_named
from hiercoop.figures.contenders import EVERY_SLOT, HIERCOOP, SCORERS
from hiercoop.figures.distributions import share_up_to
from hiercoop.figures.findings import Findings
from hiercoop.figures.frontier import BY_COST, BY_INTERVAL, frontier_jobs, frontier_rows
from hiercoop.figures.learning_curves import moving_mean
from hiercoop.figures.options_payload import option_jobs, option_rows, total_variation
from hiercoop.figures.rows import in_panel
from hiercoop.figures.study import StudyConfig, full_buffer, with_settings
from hiercoop.figures.style import LOOKS
from hiercoop.figures.sweeps import bandwidth_settings, density_cases, fading_cases
from hiercoop.jobs.store import ResultStore
from tests.figures.described import STUDY, write_evaluation

FULL = StudyConfig()


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_the_full_set_trains_five_seeds_of_whatever_learns(figure):
    seeds: dict[str, set[int]] = {}
    for job in figure.jobs(FULL):
        for training in [job] if job.kind == "train" else job.needs:
            recipe = training.config.model_copy(update={"seed": 0}).model_dump_json()
            seeds.setdefault(recipe, set()).add(training.config.seed)
    assert seeds
    assert all(len(found) >= 5 for found in seeds.values())


def test_evaluations_meet_other_episodes_than_trainings_and_validations():
    seeds = [job.seed for figure in FIGURES for job in figure.jobs(STUDY) if job.kind != "train"]
    assert min(seeds) >= 1_000_000


def test_sum_capacity_is_drawn_from_full_buffers_only():
    for figure in FIGURES:
        if figure.name in ("capacity-payload", "speed", "fading", "bandwidth", "cells", "density", "frontier"):
            payloads = {job.scenario.traffic.full_buffer for job in figure.jobs(STUDY) if job.kind == "evaluate"}
            assert True in payloads
    assert all(case.scenario.traffic.full_buffer for case in fading_cases(STUDY))


def test_a_policy_is_trained_once_for_all_that_it_meets():
    trainings = {training.name for case in (*fading_cases(STUDY), *density_cases(STUDY)) for training in trainings_of(case)}
    swept = [contender for contender in SCORERS if contender.name in STUDY.swept]
    assert trainings == {job.name for contender in swept for job in STUDY.train_jobs(contender)}


def trainings_of(case):
    return [training for job in case.jobs(STUDY) for training in job.needs]


def test_hiercoop_reports_in_every_slot_beside_on_termination():
    scenario = full_buffer(STUDY.scenario)
    pairs = zip(*(STUDY.evaluate_jobs(policy, scenario, 2) for policy in (HIERCOOP, EVERY_SLOT)), strict=True)
    for on_termination, every_slot in pairs:
        assert every_slot.policy == on_termination.policy
        assert on_termination.reporting == "on-termination"
        assert (every_slot.reporting, every_slot.report_period_slots) == ("periodic", 1)


def test_noise_power_follows_the_bandwidth_at_the_same_density():
    for bandwidth_hz in FULL.band_bandwidths_hz:
        radio = with_settings(FULL.scenario, *bandwidth_settings(FULL.scenario, bandwidth_hz)).radio
        assert radio.noise_w / radio.band_bandwidth_hz == pytest.approx(FULL.scenario.radio.noise_w / 1e6, rel=1e-9)


def test_an_unknown_figure_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match="capacity-payload"):
        figures_named(["fig-3"])
    assert [figure.name for figure in figures_named(["cdf", "cdf"])] == ["cdf"]


def test_every_policy_has_a_look_of_its_own():
    names = {contenders.policy_name(policy) for policy in (*POLICIES, *contenders.ABLATIONS)}
    assert names <= set(LOOKS)
    looks = {(LOOKS[name].colour, LOOKS[name].marker, LOOKS[name].line) for name in names}
    assert len(looks) == len(names)


def test_a_moving_mean_begins_where_its_window_is_full():
    values = moving_mean(np.array([1.0, 2.0, 6.0, 4.0]), 3)
    np.testing.assert_allclose(values, [math.nan, math.nan, 3.0, 4.0])


def test_links_that_never_deliver_stay_above_every_time():
    shares = share_up_to(np.array([[0.01, 0.02, math.nan, math.nan]]), np.array([0.0, 0.01, 0.05]))
    np.testing.assert_allclose(shares, [[0.0, 0.25, 0.5]])


def test_total_variation_is_one_for_disjoint_distributions():
    np.testing.assert_allclose(total_variation(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0.0, 1.0])), [1.0, 0.5])


def test_options_are_ranked_within_each_training_before_they_are_averaged(tmp_path):
    store = ResultStore(tmp_path)
    for job in option_jobs(STUDY):
        seed, payload = job.policy.config.seed, job.scenario.traffic.payload_bytes
        share = (0.9, 0.1) if payload == min(STUDY.payloads_bytes) else (0.4, 0.6)
        write_evaluation(store, job, [1.0], option_share=share if seed < 3 else share[::-1])
    rows = option_rows(STUDY, Findings(store))
    first = [row.mean for row in in_panel(rows, "options") if row.series == "option ranked 1"]
    assert first == pytest.approx([0.9, 0.4, 0.4])
    moved = [row.mean for row in in_panel(rows, "use") if row.series.startswith("distance")]
    np.testing.assert_allclose(moved, [0.0, 0.5, 0.5])


def test_the_frontier_sets_counted_bytes_beside_computed_ones(tmp_path):
    store = ResultStore(tmp_path)
    for job in frontier_jobs(STUDY):
        write_evaluation(store, job, [90e6, 92e6])
    rows = in_panel(frontier_rows(STUDY, Findings(store)), "link_bytes")
    at = {row.series: row.x for row in rows}
    assert at["centre-late"] == centre_gains_cost(STUDY.scenario)["link_bytes"]
    assert at["local-search"] == 0.0
    assert [row.x for row in rows if row.series == BY_COST] == pytest.approx([90.0] * len(STUDY.signalling_costs_per_byte))
    assert len([row for row in rows if row.series == BY_INTERVAL]) == len(STUDY.report_periods_slots) + 1
    assert all(row.mean == pytest.approx(91.0) for row in rows)
