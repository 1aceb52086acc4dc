"""What names a job and what does not."""

import json

import pytest

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import InputFileError
from hiercoop.jobs.description import job_from_json
from tests.jobs.described import evaluation, training


def test_equal_descriptions_have_one_name():
    assert evaluation().name == evaluation().name


@pytest.mark.parametrize(
    "changes",
    [{"episodes": 5}, {"seed": 2}, {"policy": "local-search"}, {"reporting": "every-slot"}, {"scenario": ScenarioConfig()}],
)
def test_whatever_changes_the_work_changes_the_name(changes):
    assert evaluation(**changes).name != evaluation().name


def test_an_evaluation_is_named_by_the_training_that_it_waits_for():
    early, late = (evaluation(policy=training(seed)) for seed in (1, 2))
    assert early.name != late.name
    assert [need.name for need in early.needs] == [training(1).name]


def test_a_description_survives_json():
    for job in (evaluation(policy=training()), training()):
        assert job_from_json(job.model_dump_json()) == job
        assert job_from_json(job.model_dump_json()).name == job.name


def test_what_is_no_description_is_refused():
    with pytest.raises(InputFileError, match="no job description"):
        job_from_json(json.dumps({"kind": "evaluate"}))
