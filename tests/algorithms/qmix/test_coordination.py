"""QMIX finds the way of two cells that must take different sub-bands; random choices reach 28 % and selfish ones 19 %."""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.algorithms.qmix.learner import QmixLearner
from tests.algorithms.coordination import SEEDS, coordination_scenario
from tests.algorithms.flat.course import coordination_spec, share_of_optimum, train

SETTINGS = {
    "mlp": {"learning_rate": 0.005},
    "scorer": {"learning_rate": 0.005},
    "mixer_learning_rate": 0.003,
    "updates_per_round": 0.5,
    "batch_rounds": 16,
    "epsilon_start": 1.0,
    "epsilon_anneal_share": 0.8,
}
"""For a problem of seconds."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("form", ["mlp", "scorer"])
def test_two_cells_learn_to_take_different_bands(form: str, seed: int) -> None:
    torch.manual_seed(seed)
    config = QmixConfig.model_validate({"form": form, **SETTINGS})
    learner = QmixLearner(coordination_spec(), config, coordination_scenario().reward)
    assert share_of_optimum(learner.policy) < 0.5
    train(learner, 30, seed)
    assert share_of_optimum(learner.policy) > 0.95
