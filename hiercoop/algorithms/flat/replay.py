"""Batches of whole delivery rounds out of the latest rollouts."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hiercoop.algorithms.flat.experience import FlatRollout, joined


def sample_rounds(replay: Sequence[FlatRollout], num_rounds: int, generator: torch.Generator) -> FlatRollout:
    """Rounds drawn evenly, with repetition, from all rollouts that have as many cells as one rollout drawn evenly."""
    device = generator.device
    drawn = replay[int(torch.randint(len(replay), (1,), generator=generator, device=device))]
    alike = [rollout for rollout in replay if rollout.local.shape[::2] == drawn.local.shape[::2]]
    ends = torch.tensor([rollout.num_envs for rollout in alike], device=device).cumsum(0)
    lot = torch.randint(int(ends[-1]), (num_rounds,), generator=generator, device=device)
    parts = []
    for rollout, end in zip(alike, ends, strict=True):
        env = lot[(lot < end) & (lot >= end - rollout.num_envs)] - (end - rollout.num_envs)
        if len(env):
            parts.append(rollout.episodes(env))
    return joined(parts)
