"""The latest rollouts, and batches of transitions drawn from them."""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from typing import Any, TypeVar

import torch
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, SiteRelations
from hiercoop.algorithms.hiercoop.learner import Transitions

Columns = TypeVar("Columns", Transitions, JointState, SiteRelations)


class Replay:
    """A ring of rollouts. A batch comes from all of one number of cells, so that its rows see many drops."""

    def __init__(self, num_rollouts: int) -> None:
        self.rollouts: deque[Rollout] = deque(maxlen=num_rollouts)

    def add(self, rollout: Rollout) -> None:
        """Takes in a rollout; the oldest leaves when the ring is full."""
        self.rollouts.append(rollout)

    def sample(self, batch_size: int, generator: torch.Generator) -> Transitions:
        """Transitions of about so many cells in all, drawn evenly from the rollouts with as many cells as one drawn evenly."""
        drawn = self.rollouts[int(torch.randint(len(self.rollouts), (1,), generator=generator))]
        alike = [rollout for rollout in self.rollouts if rollout.num_cells == drawn.num_cells]
        rows = -(-batch_size // (drawn.num_cells * len(alike)))
        return _concatenated([_sample(rollout, rows, generator) for rollout in alike])


def _sample(rollout: Rollout, rows: int, generator: torch.Generator) -> Transitions:
    slots, envs = rollout.reward.shape
    slot = torch.randint(slots, (rows,), generator=generator)
    env = torch.randint(envs, (rows,), generator=generator)
    is_last = slot == slots - 1
    # After the last slot nothing follows; its own state stands in and is masked.
    following = (slot + 1).clamp(max=slots - 1)
    return Transitions(
        state=rollout.state.at(slot, env),
        option=rollout.option[slot, env],
        reward=rollout.reward[slot, env],
        option_return_bps=rollout.option_return_bps[slot, env],
        next_state=rollout.state.at(following, env),
        next_has_ended=rollout.has_ended[following, env],
        is_last=is_last,
        sites=rollout.sites.expand(rows),
    )


def _concatenated(parts: list[Columns]) -> Columns:
    """Dataclasses of tensors, and of such dataclasses, as one."""
    columns: dict[str, Any] = {}
    for item in fields(parts[0]):
        values = [getattr(part, item.name) for part in parts]
        columns[item.name] = torch.cat(values) if isinstance(values[0], Tensor) else _concatenated(values)
    return type(parts[0])(**columns)
