"""The policy gradient of cells whose vehicles choose one after the other: probabilities, advantages, the clipped surrogate."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def generalised_advantage(
    reward: Float[Tensor, "slot env"], value: Float[Tensor, "slot env"], discount: float, gae_lambda: float
) -> Float[Tensor, "slot env"]:
    """GAE(lambda) of every slot of whole delivery rounds. HierCoop: estimates Q_U - Q_Omega of (11), (12), Q_tot as value."""
    advantage = torch.zeros_like(reward)
    ahead = torch.zeros_like(reward[0])
    next_value = torch.zeros_like(reward[0])
    for slot in range(len(reward) - 1, -1, -1):
        delta = reward[slot] + discount * next_value - value[slot]
        ahead = delta + discount * gae_lambda * ahead
        advantage[slot] = ahead
        next_value = value[slot]
    return advantage


def joint_log_prob(
    logits: Float[Tensor, "row vehicle choice"],
    choice: Int[Tensor, "row vehicle"],
    has_choice: Bool[Tensor, "row vehicle"],
) -> Float[Tensor, "row"]:
    """log pi(a | o): sum over the vehicles that have a choice of log pi(a_v | o, a_<v)."""
    log_prob = torch.log_softmax(logits, -1).gather(-1, choice.unsqueeze(-1)).squeeze(-1)
    return (log_prob * has_choice).sum(-1)


def mean_entropy(logits: Float[Tensor, "row vehicle choice"], has_choice: Bool[Tensor, "row vehicle"]) -> Float[Tensor, ""]:
    """Entropy [nat] of a vehicle's choice, averaged over the vehicles that have one."""
    log_prob = torch.log_softmax(logits, -1)
    entropy = -(log_prob.exp() * log_prob).sum(-1)
    return (entropy * has_choice).sum() / has_choice.sum().clamp(min=1)


def actor_loss(
    log_prob: Float[Tensor, "row"], old_log_prob: Float[Tensor, "row"], advantage: Float[Tensor, "row"], clip: float
) -> Float[Tensor, ""]:
    """Clipped surrogate (PPO); at the old policy its gradient is minus the policy gradient, (15) for HierCoop."""
    ratio = torch.exp(log_prob - old_log_prob)
    clipped = ratio.clamp(1.0 - clip, 1.0 + clip)
    return -torch.minimum(ratio * advantage, clipped * advantage).mean()
