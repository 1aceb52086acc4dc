"""Estimates from results: over trainings, over episodes, and against local search."""

import numpy as np
import pytest

from hiercoop.figures.cases import CAPACITY_GAIN, SUM_CAPACITY_MBPS, Case, case_jobs, case_rows
from hiercoop.figures.contenders import HIERCOOP
from hiercoop.figures.findings import Findings, metric
from hiercoop.figures.statistics import t_interval
from hiercoop.jobs.store import ResultStore
from tests.figures.described import STUDY, write_evaluation


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path)


def test_a_learned_policys_interval_is_over_trainings_and_a_baselines_over_episodes(store):
    learned = STUDY.evaluate_jobs(HIERCOOP, STUDY.scenario, 3)
    baseline = STUDY.evaluate_jobs("random", STUDY.scenario, 3)
    for job, values in zip(
        [*learned, *baseline], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [4.0, 4.0, 7.0], [1.0, 5.0, 9.0]], strict=True
    ):
        write_evaluation(store, job, values)
    findings, measure = Findings(store), metric("delivery_success")
    assert findings.estimate(learned, measure) == t_interval(np.array([2.0, 5.0, 5.0]))
    assert findings.estimate(baseline, measure) == t_interval(np.array([1.0, 5.0, 9.0]))


def test_a_failed_training_leaves_a_gap_and_not_a_zero(store):
    learned = STUDY.evaluate_jobs(HIERCOOP, STUDY.scenario, 3)
    write_evaluation(store, learned[0], [2.0, 2.0, 2.0])
    found = Findings(store).estimate(learned, metric("goodput_bps"))
    assert (found.n, found.mean) == (1, 2.0)


def test_local_search_gains_nothing_over_itself_and_a_fifth_more_is_twenty_percent(store):
    cases = [Case("gain", 1.0, policy, STUDY.scenario, CAPACITY_GAIN, 2) for policy in ("local-search", "best-response")]
    write_evaluation(store, cases[0].jobs(STUDY)[0], [80e6, 120e6])
    write_evaluation(store, cases[1].jobs(STUDY)[0], [100e6, 140e6])
    rows = case_rows(STUDY, cases, Findings(store))
    assert [(row.series, row.mean) for row in rows] == [("local-search", 0.0), ("best-response", pytest.approx(20.0))]
    # The same gain in every episode: paired, it has no spread, however much episodes differ.
    assert rows[1].hi - rows[1].lo == pytest.approx(0.0, abs=1e-9)


def test_there_is_no_gain_over_nothing(store):
    cases = [Case("gain", 1.0, policy, STUDY.scenario, CAPACITY_GAIN, 2) for policy in ("local-search", "best-response")]
    for case, values in zip(cases, [[0.0, 0.0], [1.0, 2.0]], strict=True):
        write_evaluation(store, case.jobs(STUDY)[0], values)
    assert case_rows(STUDY, cases, Findings(store)) == []


def test_a_gain_needs_its_reference_among_the_jobs():
    case = Case("gain", 1.0, "best-response", STUDY.scenario, CAPACITY_GAIN, 2)
    plain = Case("capacity", 1.0, "best-response", STUDY.scenario, SUM_CAPACITY_MBPS, 2)
    assert {job.policy for job in case_jobs(STUDY, [case])} == {"best-response", "local-search"}
    assert {job.policy for job in case_jobs(STUDY, [plain])} == {"best-response"}
