"""What QMIX, MADDPG and PPO are to a trainer."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from hiercoop.algorithms.flat.experience import FlatRollout

Metrics = dict[str, float]


@dataclass(frozen=True)
class FlatBehaviour:
    """How a policy behaves while it gathers experience."""

    samples_choices: bool
    """Draws from the policy (Gumbel noise on the logits); False: the best choices."""
    epsilon: float
    """Share of the vehicles' choices that are drawn evenly from those allowed."""


class FlatLearner(Protocol):
    """Networks of a policy without options, and how they learn from whole delivery rounds."""

    replay: deque[FlatRollout]
    """Empty and unused by on-policy learners; saved with checkpoints."""

    @property
    def policy(self) -> nn.Module:
        """forward(local, mask, option, noise, forced=None) -> Scores, as `SequentialScorer`; the option is ignored."""
        ...

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """Everything with weights by name, the policy included: what a checkpoint holds."""
        ...

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """By name; saved with checkpoints."""
        ...

    def behaviour(self, progress: float) -> FlatBehaviour:
        """How to gather the next rollout; `progress` in [0, 1] is the share of the training that is done."""
        ...

    def learn(self, rollout: FlatRollout, progress: float, generator: torch.Generator) -> Metrics:
        """Takes in a fresh rollout and makes an iteration's gradient steps; TrainingError for a loss that is no number."""
        ...
