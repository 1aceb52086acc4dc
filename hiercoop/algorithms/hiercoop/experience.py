"""What was lived through: whole delivery rounds under HierCoop's options, as tensors, slot leading."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class SiteRelations:
    """How sites lie to each other: the edge knows from their positions."""

    distance_m: Float[Tensor, "*batch cell cell"]
    place: Int[Tensor, "*batch cell cell"]
    """Row k: each cell's place in k's neighbour list (`radio.geometry.neighbour_places`)."""

    def at(self, row: int) -> SiteRelations:
        """Those of one row."""
        return SiteRelations(self.distance_m[row], self.place[row])

    def expand(self, rows: int) -> SiteRelations:
        """The same for so many rows; views."""
        return SiteRelations(self.distance_m.expand(rows, -1, -1), self.place.expand(rows, -1, -1))


@dataclass(frozen=True)
class JointState:
    """All cells of a batch of slots, as the edge and the mixer see them when the slot's options are decided."""

    sight: Float[Tensor, "*batch cell sight"]
    """What the encoder sees: o_k, the outlook of every option, and its average over slots."""
    previous_option: Int[Tensor, "*batch cell"]
    """In force until this slot."""
    option_age: Float[Tensor, "*batch cell"]
    """Slots since it began, over the maximum length."""
    held_sight: Float[Tensor, "*batch cell sight"]
    """What is behind the features that the edge holds for the other cells; encoded where it is used."""
    held_option: Int[Tensor, "*batch cell"]
    """The other cells' options as the edge knows them; those just decided, where all decide together."""
    held_age: Float[Tensor, "*batch cell"]
    held_mask: Float[Tensor, "*batch cell"]
    code: Float[Tensor, "*batch cell code"]
    hold: Float[Tensor, "*batch cell"]
    """1/n where all cells decide together every n slots, 0 where options run to their end."""

    def at(self, *index: Tensor | int | slice) -> JointState:
        """The part of the batch at an index of its leading axes."""
        return JointState(**{item.name: getattr(self, item.name)[index] for item in fields(self)})

    def flat(self) -> JointState:
        """Slots and environments as one axis."""
        return JointState(**{item.name: getattr(self, item.name).flatten(0, 1) for item in fields(self)})


@dataclass(frozen=True)
class Rollout:
    """Whole delivery rounds of one scenario, T slots of E environments with K cells."""

    state: JointState
    """[slot, env]."""
    mask: Bool[Tensor, "slot env cell vehicle choice"]
    option: Int[Tensor, "slot env cell"]
    """In force in the slot, after the decisions."""
    has_ended: Bool[Tensor, "slot env cell"]
    """The previous option ended at the start of the slot, and a report was sent."""
    choice: Int[Tensor, "slot env cell vehicle"]
    log_prob: Float[Tensor, "slot env cell"]
    otherwise_bps: Float[Tensor, "slot env cell"]
    """Sum capacity had this cell drawn other choices from its policy; zero where that was not asked."""
    option_return_bps: Float[Tensor, "slot env cell option"]
    """Sum capacity had this cell followed each option, the others as they did, added up and discounted while the option lasts.

    Zero where that was not asked.
    """
    reward: Float[Tensor, "slot env"]
    """(9), without signalling."""
    capacity_bps: Float[Tensor, "slot env"]
    """Sum over links of (4)."""
    sites: SiteRelations
    is_delivered: Bool[Tensor, "env link"]

    @property
    def num_slots(self) -> int:
        """T."""
        return len(self.reward)

    @property
    def num_cells(self) -> int:
        """K."""
        return self.option.shape[-1]


def stack_states(states: list[JointState]) -> JointState:
    """Joint states of consecutive slots, slot leading."""
    return JointState(
        **{item.name: torch.stack([getattr(state, item.name) for state in states]) for item in fields(JointState)}
    )
