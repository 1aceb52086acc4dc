"""One gradient step of one part, and target networks that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hiercoop.errors import TrainingError

FINAL_SHARE = 0.1
"""What learning rates and the entropy bonus have fallen to at the end of the training."""


def remaining_share(progress: float) -> float:
    """1 at the start of the training, falling linearly to FINAL_SHARE at `progress` = 1."""
    return 1.0 - (1.0 - FINAL_SHARE) * progress


@dataclass(frozen=True)
class Descent:
    """An optimiser and how far its gradients are let go."""

    name: str
    optimizer: torch.optim.Optimizer
    max_gradient_norm: float

    def slow_down(self, progress: float) -> None:
        """Sets the learning rates for this share of the training: they fall linearly to a tenth."""
        for group in self.optimizer.param_groups:
            initial = group.setdefault("initial_lr", group["lr"])
            group["lr"] = initial * remaining_share(progress)

    def step(self, loss: Tensor) -> float:
        """Moves the optimiser's parameters down the gradient, clipped in norm; the loss before; TrainingError for no number."""
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the {self.name} loss is {value}; go on from the last checkpoint with a lower {self.name} learning rate"
            )
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        self.optimizer.zero_grad(set_to_none=True)
        # Only these: a loss may lead through another part, which is not to learn from it.
        torch.autograd.backward(loss, inputs=parameters)
        nn.utils.clip_grad_norm_(parameters, self.max_gradient_norm)
        self.optimizer.step()
        return value


@torch.no_grad()
def follow(target: nn.Module, online: nn.Module, rate: float) -> None:
    """Moves the target network's parameters by this share of the way to the online ones."""
    for kept, moved in zip(target.parameters(), online.parameters(), strict=True):
        kept.lerp_(moved, rate)
