"""Results on disk: whole or not there."""

import math

import numpy as np
import pytest

from hiercoop.errors import InputFileError
from hiercoop.jobs.perform import perform
from hiercoop.jobs.results import EvaluateResult, TrainResult, as_array, as_samples
from hiercoop.jobs.store import ResultStore
from tests.jobs.described import evaluation


def test_a_result_is_read_as_it_was_written(tmp_path):
    store, job = ResultStore(tmp_path), evaluation(keeps_links=True)
    result = perform(job, {}, tmp_path)
    assert not store.has(job)
    store.write(job, result, 1.5)
    assert store.has(job)
    assert store.read(job, EvaluateResult) == result
    assert store.seconds(job) == 1.5
    assert [path.name for path in (tmp_path / "results").iterdir()] == [f"{job.name}.json"]


def test_a_damaged_result_is_named_and_not_used(tmp_path):
    store, job = ResultStore(tmp_path), evaluation()
    store.write(job, perform(job, {}, tmp_path), 1.0)
    store.path(job).write_text(store.path(job).read_text()[:100])
    with pytest.raises(InputFileError, match=job.name):
        store.read(job, EvaluateResult)


def test_a_result_of_another_kind_is_refused(tmp_path):
    store, job = ResultStore(tmp_path), evaluation()
    store.write(job, perform(job, {}, tmp_path), 1.0)
    with pytest.raises(InputFileError, match="wanted a TrainResult"):
        store.read(job, TrainResult)


def test_missing_values_survive_and_numbers_keep_seven_digits():
    samples = as_samples([math.nan, 1.0 / 3.0])
    assert samples == (None, 0.3333333)
    np.testing.assert_array_equal(as_array(samples), [math.nan, 0.3333333])


def test_links_and_rounds_tell_the_same(tmp_path):
    result = perform(evaluation(keeps_links=True, episodes=3), {}, tmp_path)
    slots, delivered = 20, as_array(result.metrics["delivery_success"])
    links = np.array([as_array(row) for row in result.link_time_to_deliver_s])
    assert links.shape == (3, 9)
    np.testing.assert_allclose(np.mean(~np.isnan(links), axis=1), delivered, rtol=1e-6)
    assert np.nanmax(links, initial=0.0) <= slots * 1e-3
