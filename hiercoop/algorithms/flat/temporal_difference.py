"""Values of whole delivery rounds and what they are learned towards, as functions of tensors alone."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def round_targets(
    reward: Float[Tensor, "slot *batch"], next_value: Float[Tensor, "next_slot *batch"], discount: float
) -> Float[Tensor, "slot *batch"]:
    """r + gamma times the value that follows, of every slot of whole delivery rounds; nothing follows the last one.

    `next_value` holds the values of all slots but the first.
    """
    target = reward.clone()
    target[:-1] += discount * next_value
    return target


def squared_error(value: Float[Tensor, "*row"], target: Float[Tensor, "*row"]) -> Float[Tensor, ""]:
    """Mean squared difference of values and their targets, which are not learned from."""
    return (value - target.detach()).square().mean()
