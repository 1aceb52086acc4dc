"""A course: one algorithm in training, as the trainer, the checkpoints, validation and export know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.env.hetnet import HetNetEnv
from hiercoop.execution.bundle import Dimensions
from hiercoop.training.curriculum import Lesson

Metrics = dict[str, float]
Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Played:
    """One delivery round of every environment under the best choices, from its first slot to its deadline."""

    capacity_bps: Float[Tensor, "slot env"]
    """Sum over links of (4)."""
    reward: Float[Tensor, "slot env"]
    """(9)."""
    is_delivered: Bool[Tensor, "env link"]
    reports_per_slot: float
    """Of all cells of an environment together."""
    option_slots: Int[Tensor, "option"]
    """Cell-slots under each option."""


@dataclass(frozen=True)
class BundleParts:
    """What a policy bundle is made of: both graphs as docs/architecture.md has them, their sizes, the options' clock."""

    sbs: nn.Module
    edge: nn.Module
    dimensions: Dimensions
    max_option_slots: int
    default_option: int
    """What a cell follows that nobody tells otherwise."""
    lasting_edge: nn.Module | None = None
    """What answers in place of `edge` where options last (`nets.values_by_hold`)."""


class Course(Protocol):
    """A learner and its way of gathering experience. New tensors are made on torch's default device, which the trainer sets."""

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """Everything with weights, by name: what a checkpoint holds."""
        ...

    @property
    def acting(self) -> nn.Module:
        """What the best policy is kept of, and a bundle made of."""
        ...

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """By name: what a checkpoint holds."""
        ...

    def iterate(self, task: Lesson, num_envs: int, progress: float, generator: torch.Generator) -> Metrics:
        """Gathers fresh delivery rounds and learns from them; `progress` in [0, 1) is the share of the training done.

        TrainingError for a loss that is no number.
        """
        ...

    @property
    def report_periods(self) -> Sequence[int]:
        """The ways of reporting that the policy is judged under: 0 on termination, else every so many slots."""
        ...

    def play(self, env: HetNetEnv, report_period: int, generator: torch.Generator) -> Played:
        """What the policy makes of these environments when it acts as its bundle would."""
        ...

    def replay_tensors(self) -> list[Tensors]:
        """The rollouts kept for replay, oldest first."""
        ...

    def restore_replay(self, rollouts: Sequence[Tensors]) -> None:
        """Replaces what is kept for replay."""
        ...

    def bundle_parts(self) -> BundleParts:
        """What a bundle of `acting` is made of."""
        ...
