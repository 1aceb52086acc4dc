"""Options and features over a rollout, in batches: which option each cell follows, and what the edge holds of each."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState


class EdgeMemory:
    """The rules of execution (option clocks, reports, features by slot) for E environments of K cells at once.

    On termination, the edge answers from features of slots strictly before; with joint reports every slot, from those of
    the slot itself.
    """

    def __init__(self, code: Float[Tensor, "env cell code"], local_size: int, max_option_slots: int, is_joint: bool) -> None:
        num_envs, num_cells = code.shape[:2]
        self._code = code
        self._max_slots = max_option_slots
        self._is_joint = is_joint
        # Clocks are staggered by cell, as in execution.
        stagger = torch.arange(num_cells) * max_option_slots // num_cells
        self._limit = (max_option_slots - stagger).clamp(min=1).expand(num_envs, -1)
        self._option = torch.zeros(num_envs, num_cells, dtype=torch.long)
        self._age = torch.zeros(num_envs, num_cells, dtype=torch.long)
        self._is_begun = False
        self._held_local = torch.zeros(num_envs, num_cells, local_size)
        self._held_since = torch.zeros(num_envs, num_cells, dtype=torch.long)
        self._held_option = torch.zeros(num_envs, num_cells, dtype=torch.long)
        self._is_held = torch.zeros(num_envs, num_cells)

    def observe(self, local: Float[Tensor, "env cell feature"]) -> JointState:
        """The joint state of the slot, before its options are decided."""
        joint = self._is_joint
        return JointState(
            local=local,
            previous_option=self._option,
            option_age=self._age.to(torch.float32) / self._max_slots,
            held_local=local if joint else self._held_local,
            held_option=self._option if joint else self._held_option,
            held_age=(self._age if joint else self._held_since).to(torch.float32),
            held_mask=torch.ones_like(self._is_held) if joint else self._is_held,
            code=self._code,
        )

    def ended(self, termination_draw: Bool[Tensor, "env cell"]) -> Bool[Tensor, "env cell"]:
        """Whose option ends at the start of this slot: by beta, at its maximum length, and all in the first slot."""
        if not self._is_begun:
            return torch.ones_like(termination_draw)
        return termination_draw | (self._age >= self._limit)

    def follow(
        self, local: Float[Tensor, "env cell feature"], option: Int[Tensor, "env cell"], ended: Bool[Tensor, "env cell"]
    ) -> None:
        """Puts the slot's options into force and keeps what was reported."""
        if self._is_begun:
            self._limit = torch.where(ended, self._max_slots, self._limit)
        self._is_begun = True
        self._option = option
        self._age = torch.where(ended, 0, self._age) + 1
        self._held_local = torch.where(ended.unsqueeze(-1), local, self._held_local)
        self._held_option = torch.where(ended, option, self._held_option)
        self._held_since = torch.where(ended, 0, self._held_since) + 1
        self._is_held = torch.where(ended, 1.0, self._is_held)
