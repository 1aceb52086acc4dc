"""PPO finds the way of two cells that must take different sub-bands; random choices reach 28 % and selfish ones 19 %."""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.ppo.config import PpoConfig
from hiercoop.algorithms.ppo.learner import PpoLearner
from tests.algorithms.coordination import SEEDS, coordination_scenario
from tests.algorithms.flat.course import coordination_spec, share_of_optimum, train


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("form", ["mlp", "scorer"])
def test_two_cells_learn_to_take_different_bands(form: str, seed: int) -> None:
    torch.manual_seed(seed)
    learner = PpoLearner(coordination_spec(), PpoConfig(form=form), coordination_scenario().reward)
    assert share_of_optimum(learner.policy) < 0.5
    train(learner, 30, seed)
    assert share_of_optimum(learner.policy) > 0.95
