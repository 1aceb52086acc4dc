"""Fresh experience of policies without options, from the first slot of a delivery round to its deadline."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import one_hot

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.learner import FlatBehaviour
from hiercoop.algorithms.flat.policy import score_cells
from hiercoop.algorithms.policy_gradient import joint_log_prob
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.nets.gumbel import gumbel_noise

EXPLORED_NOISE = 1e6
"""Noise that lifts a choice above any other allowed one and leaves a masked one below."""


@dataclass(frozen=True)
class FlatPlay:
    """A rollout, and what is measured of it beside."""

    rollout: FlatRollout
    capacity_bps: Float[Tensor, "slot env"]
    """Sum over links of (4)."""
    is_delivered: Bool[Tensor, "env link"]


@torch.no_grad()
def collect_flat(env: HetNetEnv, policy: nn.Module, behaviour: FlatBehaviour, generator: torch.Generator) -> FlatPlay:
    """One delivery round of every environment, from a reset to the deadline."""
    device = generator.device
    observation = env.reset()
    steps: list[tuple[Tensor, ...]] = []
    for _ in range(env.scenario.episode_slots):
        local = torch.from_numpy(observation.local).to(device)
        mask = torch.from_numpy(observation.action_mask).to(device)
        scores = score_cells(policy, local, mask, _noise(mask, behaviour, generator))
        has_choice = mask.any(-1).flatten(0, 1)
        log_prob = joint_log_prob(scores.logits.flatten(0, 1), scores.choice.flatten(0, 1), has_choice)
        outcome = env.step(scores.choice.cpu().numpy())
        measured = (outcome.reward.total, outcome.measurement.capacity_bps.sum(axis=1))
        steps.append(
            (
                local,
                mask,
                scores.choice,
                log_prob.reshape(mask.shape[:2]),
                *(torch.from_numpy(column).to(device) for column in measured),
            )
        )
        observation = outcome.observation
    local, mask, choice, log_prob, reward, capacity_bps = (torch.stack(column) for column in zip(*steps, strict=True))
    return FlatPlay(
        FlatRollout(local=local, mask=mask, choice=choice, log_prob=log_prob, reward=reward),
        capacity_bps,
        torch.from_numpy(outcome.measurement.is_delivered).to(device),
    )


def _noise(
    mask: Bool[Tensor, "env cell vehicle choice"], behaviour: FlatBehaviour, generator: torch.Generator
) -> Float[Tensor, "env cell vehicle choice"]:
    """What is added to the logits, so that their best is the choice drawn; exploring vehicles draw from all allowed ones."""
    noise = torch.zeros(mask.shape)
    if behaviour.samples_choices:
        noise = gumbel_noise(noise, generator)
    if behaviour.epsilon > 0.0:
        drawn = torch.rand(mask.shape, generator=generator).masked_fill(~mask, -1.0).argmax(-1)
        explores = torch.rand(drawn.shape, generator=generator) < behaviour.epsilon
        noise = noise + EXPLORED_NOISE * one_hot(drawn, mask.shape[-1]) * explores.unsqueeze(-1)
    return noise
