"""How long jobs are said to take."""

import pytest

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.jobs.estimate import millions, remaining_seconds, seconds_per_million, sort_of
from hiercoop.jobs.perform import perform
from hiercoop.jobs.store import ResultStore
from tests.jobs.described import evaluation, training


def test_a_job_is_as_large_as_its_cell_slots():
    assert millions(evaluation(episodes=500, scenario=ScenarioConfig(num_sbs=4))) == pytest.approx(500 * 100 * 4 / 1e6)
    assert millions(training()) == pytest.approx(2 * 2 * 20 * 3 / 1e6)


def test_learned_policies_and_baselines_are_told_apart():
    sorts = [sort_of(job) for job in (evaluation(), evaluation(policy=training()), training())]
    assert sorts == ["evaluate random", "evaluate", "train hiercoop"]


def test_finished_jobs_tell_how_long_the_rest_takes(tmp_path):
    store = ResultStore(tmp_path)
    done, left = evaluation(1), [evaluation(2), evaluation(3, episodes=8)]
    store.write(done, perform(done, {}, tmp_path), 6.0)
    assert seconds_per_million([done], store) == {"evaluate random": pytest.approx(6.0 / millions(done))}
    # One as large as the finished one and one twice as large, two at a time.
    assert remaining_seconds([done, *left], store, workers=2) == pytest.approx((6.0 + 12.0) / 2.0)


def test_before_anything_is_finished_committed_figures_serve_and_more_workers_take_less(tmp_path):
    store = ResultStore(tmp_path)
    alone = remaining_seconds([evaluation(), training()], store, workers=1)
    assert alone > 0.0
    assert remaining_seconds([evaluation(), training()], store, workers=4) == pytest.approx(alone / 4)
