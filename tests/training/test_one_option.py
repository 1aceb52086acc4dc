"""A policy's only option never ends and is never reported: training counts and charges nothing, as execution does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.course import Metrics
from hiercoop.training.curriculum import Lesson
from hiercoop.training.hiercoop_course import HierCoopCourse

SCENARIO = ScenarioConfig(num_sbs=2, episode_slots=8, traffic=TrafficConfig(full_buffer=True))
ON_TERMINATION, EVERY_SLOT = 0, 1


def course(num_options: int, cost_per_byte: float = 0.0) -> HierCoopCourse:
    torch.manual_seed(0)
    settings = {
        "network": {"num_options": num_options},
        "critic": {"updates": 2, "batch_size": 32},
        "option": {"max_option_slots": 3, "signalling_cost_per_byte": cost_per_byte},
    }
    return HierCoopCourse(HierCoopLearner(local_spec(SCENARIO), HierCoopConfig.model_validate(settings), SCENARIO.reward))


def learn(num_options: int, report_period: int, cost_per_byte: float) -> Metrics:
    task = Lesson(SCENARIO, np.full(SCENARIO.num_links, 1e4), report_period, seed=1)
    return course(num_options, cost_per_byte).iterate(task, 3, 0.0, torch.Generator().manual_seed(2))


@pytest.mark.parametrize("report_period", [ON_TERMINATION, EVERY_SLOT])
def test_the_only_option_is_never_reported(report_period: int) -> None:
    one, two = (
        course(num_options).play(HetNetEnv(SCENARIO, 2, 1), report_period, torch.Generator().manual_seed(2))
        for num_options in (1, 2)
    )
    assert one.reports_per_slot == 0.0 < two.reports_per_slot
    assert one.option_slots.tolist() == [8 * 2 * 2]


@pytest.mark.parametrize("report_period", [ON_TERMINATION, EVERY_SLOT])
def test_what_a_byte_costs_changes_nothing_for_the_only_option(report_period: int) -> None:
    assert learn(1, report_period, 1.0) == learn(1, report_period, 0.0)
    assert learn(2, report_period, 1.0) != learn(2, report_period, 0.0)


def test_learning_with_one_option_tells_of_no_reports() -> None:
    assert learn(1, ON_TERMINATION, 0.0)["reports_per_slot"] == 0.0
