"""MADDPG's actor loss, as functions of tensors alone (Lowe et al., "Multi-agent actor-critic", equation 5)."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor


def actor_loss(own_value: Float[Tensor, "*batch cell"], acts: Bool[Tensor, "*batch cell"]) -> Float[Tensor, ""]:
    """Minus the mean of Q_k of each cell's own action, over the cells that have a choice; the critic leads its gradient."""
    return -(own_value * acts).sum() / acts.sum().clamp(min=1)
