"""Options and features over a rollout, in batches: which option each cell follows, and what the edge holds of each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState


@dataclass(frozen=True)
class OptionRules:
    """When options end."""

    max_option_slots: int
    report_period: int
    """All cells report, and are decided together, every so many slots; 0: each when its option ends."""
    has_alternatives: bool = True
    """False: the policy's only option never ends and is never reported, as in execution."""

    @property
    def hold(self) -> float:
        """As the option values see it: 1/n for a period of n slots, 0 where options run to their end."""
        return 1.0 / self.report_period if self.report_period else 0.0


class EdgeMemory:
    """The rules of execution (option clocks, reports, features by slot) for E environments of K cells at once.

    On termination, the edge answers from features of slots strictly before; with periodic reports, from those of the slot.
    """

    def __init__(self, code: Float[Tensor, "env cell code"], sight_size: int, rules: OptionRules) -> None:
        shape = code.shape[:2]
        self._code = code
        self._rules = rules
        # Clocks are staggered by cell, as in execution.
        stagger = torch.arange(shape[1]) * rules.max_option_slots // shape[1]
        self._limit = (rules.max_option_slots - stagger).clamp(min=1).expand(shape)
        self._slot = 0
        self._option = torch.zeros(shape, dtype=torch.long)
        self._age = torch.zeros(shape, dtype=torch.long)
        self._held_sight = torch.zeros(*shape, sight_size)
        self._held_since = torch.zeros(shape, dtype=torch.long)
        self._held_option = torch.zeros(shape, dtype=torch.long)
        self._is_held = torch.zeros(shape)

    @property
    def is_joint(self) -> bool:
        """Whether all cells are decided together in this slot."""
        rules = self._rules
        return rules.has_alternatives and rules.report_period > 0 and self._slot % rules.report_period == 0

    def observe(self, sight: Float[Tensor, "env cell sight"]) -> JointState:
        """The joint state of the slot, before its options are decided."""
        joint = self.is_joint
        return JointState(
            sight=sight,
            previous_option=self._option,
            option_age=self._age.to(torch.float32) / self._rules.max_option_slots,
            held_sight=sight if joint else self._held_sight,
            held_option=self._option if joint else self._held_option,
            held_age=torch.zeros_like(self._is_held) if joint else self._held_since.to(torch.float32),
            held_mask=torch.ones_like(self._is_held) if joint else self._is_held,
            code=self._code,
            hold=torch.full_like(self._is_held, self._rules.hold),
        )

    def ended(self, termination_draw: Bool[Tensor, "env cell"]) -> Bool[Tensor, "env cell"]:
        """Whose option ends at the start of this slot: with its report; or by beta, by age, or as it is the first slot."""
        if not self._rules.has_alternatives:
            return torch.zeros_like(termination_draw)
        if self._rules.report_period > 0:
            return torch.full_like(termination_draw, self.is_joint)
        if self._slot == 0:
            return torch.ones_like(termination_draw)
        return termination_draw | (self._age >= self._limit)

    def goes_on(self, termination_prob: Float[Tensor, "env cell"]) -> Float[Tensor, "env cell"]:
        """Probability that each cell's option goes on into this slot."""
        nobody = torch.zeros_like(termination_prob, dtype=torch.bool)
        return torch.where(self.ended(nobody), 0.0, 1.0 if self._rules.report_period else 1.0 - termination_prob)

    def follow(
        self, sight: Float[Tensor, "env cell sight"], option: Int[Tensor, "env cell"], ended: Bool[Tensor, "env cell"]
    ) -> None:
        """Puts the slot's options into force and keeps what was reported; the slot is over."""
        if self._slot > 0:
            self._limit = torch.where(ended, self._rules.max_option_slots, self._limit)
        self._slot += 1
        self._option = option
        self._age = torch.where(ended, 0, self._age) + 1
        self._held_sight = torch.where(ended.unsqueeze(-1), sight, self._held_sight)
        self._held_option = torch.where(ended, option, self._held_option)
        self._held_since = torch.where(ended, 0, self._held_since) + 1
        self._is_held = torch.where(ended, 1.0, self._is_held)
