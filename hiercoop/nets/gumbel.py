"""Gumbel noise: the best of logits plus noise is a draw from their softmax, and its gradient can be let through."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot


def gumbel_noise(like: Float[Tensor, "*shape"], generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Independent standard Gumbel draws in the shape, type and place of a tensor."""
    exponential = torch.empty(like.shape, dtype=like.dtype, device=generator.device).exponential_(generator=generator)
    # An exponential draw may come out as zero, whose logarithm no choice could stand against.
    return -exponential.clamp(min=torch.finfo(like.dtype).tiny).log().to(like.device)


def straight_through(
    bids: Float[Tensor, "*row choice"], choice: Int[Tensor, "*row"], temperature: float
) -> Float[Tensor, "*row choice"]:
    """The choice as a one-hot row whose gradient is that of softmax(bids / temperature); `bids` are logits plus noise.

    Jang, Gu, Poole, "Categorical reparameterization with Gumbel-softmax", section 2.2.
    """
    soft = torch.softmax(bids / temperature, -1)
    hard = one_hot(choice, bids.shape[-1]).to(soft.dtype)
    return hard + (soft - soft.detach())
