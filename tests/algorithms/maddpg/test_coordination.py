"""MADDPG finds the way of two cells that must take different sub-bands; random choices reach 28 % and selfish ones 19 %.

With the scorer only. As an MLP it starts from nothing, follows its critic from one joint choice to the next better one, and
mostly stops where no cell gains by moving alone: at 74 % of the optimum or, with both cells at the macro station, at 17 %.
"""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.maddpg.config import MaddpgConfig
from hiercoop.algorithms.maddpg.learner import MaddpgLearner
from tests.algorithms.coordination import SEEDS, coordination_scenario
from tests.algorithms.flat.course import coordination_spec, share_of_optimum, train

SETTINGS = {
    "form": "scorer",
    "scorer": {"learning_rate": 0.005},
    "critic_learning_rate": 0.003,
    "updates_per_round": 0.5,
    "batch_rounds": 16,
    "epsilon_start": 0.1,
    "entropy_weight": 0.001,
}
"""For a problem of seconds."""


@pytest.mark.parametrize("seed", SEEDS)
def test_two_cells_learn_to_take_different_bands(seed: int) -> None:
    torch.manual_seed(seed)
    learner = MaddpgLearner(coordination_spec(), MaddpgConfig.model_validate(SETTINGS), coordination_scenario().reward)
    assert share_of_optimum(learner.policy) < 0.5
    train(learner, 20, seed)
    assert share_of_optimum(learner.policy) > 0.95
