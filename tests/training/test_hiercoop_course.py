"""What an iteration of HierCoop's course learns, and from what."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.training.curriculum import Lesson
from hiercoop.training.hiercoop_course import HierCoopCourse

SCENARIO = ScenarioConfig(num_sbs=2, episode_slots=8, traffic=TrafficConfig(full_buffer=True))
NEVER = 1e-9
ON_TERMINATION, EVERY_SLOT = 0, 1


def changed_parts(scenario: ScenarioConfig = SCENARIO, report_period: int = ON_TERMINATION, **settings: object) -> set[str]:
    """Names of the networks' parts that one iteration changed."""
    torch.manual_seed(0)
    critic = {"updates": 2, "batch_size": 32}
    config = HierCoopConfig.model_validate({"critic": critic, "actor": {"share": 1.0}} | settings)
    course = HierCoopCourse(HierCoopLearner(local_spec(scenario), config, scenario.reward))
    before = {name: value.clone() for name, value in course.acting.named_parameters()}
    task = Lesson(scenario, np.full(scenario.num_links, 1e4), report_period, seed=1)
    course.iterate(task, 3, 0.0, torch.Generator().manual_seed(2))
    now = course.acting.named_parameters()
    return {name.split(".")[0] for name, value in now if not torch.equal(value, before[name])}


@pytest.mark.parametrize("num_sbs", [1, 2, 5])
def test_all_parts_learn_from_any_number_of_cells(num_sbs: int) -> None:
    scenario = SCENARIO.model_copy(update={"num_sbs": num_sbs})
    assert changed_parts(scenario) == {"policy", "encoder", "termination", "values", "mixer"}


def test_policies_learn_only_from_rollouts_with_drawn_choices() -> None:
    assert "policy" not in changed_parts(actor={"share": NEVER})


@pytest.mark.parametrize("settings", [{"option": {"terminates": False}}, {"network": {"num_options": 1}}])
def test_terminations_that_are_not_in_use_stay_as_they_are(settings: dict[str, object]) -> None:
    assert "termination" not in changed_parts(**settings)


def test_terminations_do_not_learn_where_all_cells_report_in_every_slot() -> None:
    assert "termination" not in changed_parts(report_period=EVERY_SLOT)


def test_without_mixing_the_value_of_the_state_still_learns() -> None:
    assert "mixer" in changed_parts(network={"mixing": "mean"})
