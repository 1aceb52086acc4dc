"""One gradient step of one part, and target networks that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hiercoop.errors import TrainingError


@dataclass(frozen=True)
class Descent:
    """An optimiser and the parameters that it moves."""

    name: str
    part: nn.Module
    optimizer: torch.optim.Optimizer
    max_gradient_norm: float

    def step(self, loss: Tensor) -> float:
        """Moves the part down the gradient, clipped in norm, and says what the loss was; TrainingError for no number."""
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(
                f"the {self.name} loss is {value}; go on from the last checkpoint with a lower {self.name} learning rate"
            )
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=list(self.part.parameters()))
        nn.utils.clip_grad_norm_(self.part.parameters(), self.max_gradient_norm)
        self.optimizer.step()
        return value


@torch.no_grad()
def follow(target: nn.Module, online: nn.Module, rate: float) -> None:
    """Moves the target network's parameters by this share of the way to the online ones."""
    for kept, moved in zip(target.parameters(), online.parameters(), strict=True):
        kept.lerp_(moved, rate)
