"""PPO's losses, as functions of tensors alone (Schulman et al., "Proximal policy optimization algorithms", section 5)."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

SMALLEST_SPREAD = 1e-8


def value_loss(value: Float[Tensor, "row"], returns: Float[Tensor, "row"]) -> Float[Tensor, ""]:
    """Mean squared difference of V(S) and the return that was lived through."""
    return (value - returns.detach()).square().mean()


def normalised(advantage: Float[Tensor, "*row"]) -> Float[Tensor, "*row"]:
    """Advantages shifted and scaled to mean 0 and standard deviation 1 over the batch."""
    return (advantage - advantage.mean()) / (advantage.std() + SMALLEST_SPREAD)
