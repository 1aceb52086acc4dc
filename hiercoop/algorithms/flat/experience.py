"""What was lived through without options: whole delivery rounds as tensors, slot leading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class FlatRollout:
    """Whole delivery rounds of policies without options: T slots of E environments with K cells."""

    local: Float[Tensor, "slot env cell feature"]
    mask: Bool[Tensor, "slot env cell vehicle choice"]
    choice: Int[Tensor, "slot env cell vehicle"]
    log_prob: Float[Tensor, "slot env cell"]
    reward: Float[Tensor, "slot env"]
    """(9)."""

    @property
    def num_slots(self) -> int:
        """T."""
        return self.local.shape[0]

    @property
    def num_envs(self) -> int:
        """E."""
        return self.local.shape[1]

    @property
    def num_cells(self) -> int:
        """K."""
        return self.local.shape[2]

    def learned_reward(self, discount: float) -> Float[Tensor, "slot env"]:
        """(9) a cell and times (1 - gamma): what is learned, so that values stay about 1 for any K and any discount."""
        return self.reward * ((1.0 - discount) / self.num_cells)

    def episodes(self, env: Int[Tensor, "episode"]) -> FlatRollout:
        """The rounds of these environments."""
        return FlatRollout(**{name: column.index_select(1, env) for name, column in vars(self).items()})


def joined(rollouts: Sequence[FlatRollout]) -> FlatRollout:
    """Rounds of equal length and number of cells, side by side."""
    if len(rollouts) == 1:
        return rollouts[0]
    names = vars(rollouts[0])
    return FlatRollout(**{name: torch.cat([getattr(rollout, name) for rollout in rollouts], 1) for name in names})
