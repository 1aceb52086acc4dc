"""Batches of whole delivery rounds out of the latest rollouts."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hiercoop.algorithms.flat.experience import FlatRollout, joined


def sample_rounds(replay: Sequence[FlatRollout], num_rounds: int, generator: torch.Generator) -> FlatRollout:
    """Rounds drawn evenly, with repetition, from all rollouts that have as many cells as one rollout drawn evenly."""
    drawn = replay[int(torch.randint(len(replay), (1,), generator=generator))]
    alike = [rollout for rollout in replay if rollout.local.shape[::2] == drawn.local.shape[::2]]
    first_of_each = torch.tensor([0] + [rollout.num_envs for rollout in alike]).cumsum(0)
    lot = torch.randint(int(first_of_each[-1]), (num_rounds,), generator=generator)
    parts = []
    for index, rollout in enumerate(alike):
        env = lot[(lot >= first_of_each[index]) & (lot < first_of_each[index + 1])] - first_of_each[index]
        if len(env):
            parts.append(rollout.episodes(env.to(rollout.local.device)))
    return joined(parts)
