"""The latest rollouts, and batches of transitions drawn from them."""

from __future__ import annotations

from collections import deque

import torch

from hiercoop.algorithms.hiercoop.experience import Rollout
from hiercoop.algorithms.hiercoop.learner import Transitions


class Replay:
    """A ring of rollouts. A batch comes from one of them, so that its rows have equal numbers of cells."""

    def __init__(self, num_rollouts: int) -> None:
        self.rollouts: deque[Rollout] = deque(maxlen=num_rollouts)

    def add(self, rollout: Rollout) -> None:
        """Takes in a rollout; the oldest leaves when the ring is full."""
        self.rollouts.append(rollout)

    def sample(self, batch_size: int, generator: torch.Generator) -> Transitions:
        """Transitions drawn evenly, with repetition, from one rollout drawn evenly."""
        rollout = self.rollouts[int(torch.randint(len(self.rollouts), (1,), generator=generator))]
        slots, envs = rollout.reward.shape
        slot = torch.randint(slots, (batch_size,), generator=generator)
        env = torch.randint(envs, (batch_size,), generator=generator)
        is_last = slot == slots - 1
        # After the last slot nothing follows; its own state stands in and is masked.
        following = (slot + 1).clamp(max=slots - 1)
        return Transitions(
            state=rollout.state.at(slot, env),
            option=rollout.option[slot, env],
            reward=rollout.reward[slot, env],
            option_bps=rollout.option_bps[slot, env],
            next_has_ended=rollout.has_ended[following, env],
            next_state=rollout.state.at(following, env),
            is_last=is_last,
            distance_m=rollout.distance_m,
        )
