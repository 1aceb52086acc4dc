"""What the lower layer of an SBS carries from slot to slot: averages that `sbs.onnx` keeps over the slots it has seen.

Fading passes, an option that lasts does not: what its options would make of a slot on average tells more of the slots to come
than this slot does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

LONGEST_AVERAGE_SLOTS = 16
"""Averages are means over all slots up to so many; from then on each slot's weight is one in so many."""


@dataclass(frozen=True)
class SbsMemory:
    """Averages of a batch of cells, and how much the slot in hand is to count in them."""

    averages: Float32[np.ndarray, "*cell average"]
    present_share: float

    def after(self, averages: Float32[np.ndarray, "*cell average"]) -> SbsMemory:
        """What is carried into the next slot, given the averages with this slot in them."""
        return SbsMemory(averages.reshape(self.averages.shape), present_share(round(1.0 / self.present_share)))

    def rows(self, chosen: Bool[np.ndarray, "*cell"]) -> SbsMemory:
        """That of some cells."""
        return SbsMemory(self.averages[chosen], self.present_share)


def no_memory(*shape: int) -> SbsMemory:
    """Of cells that have seen no slot yet; `shape` ends with the number of averages."""
    return SbsMemory(np.zeros(shape, np.float32), present_share(0))


def settled_memory(averages: Float32[np.ndarray, "*cell average"]) -> SbsMemory:
    """Averages that have the slot in hand in them already."""
    return SbsMemory(averages, 0.0)


def present_share(num_slots_before: int) -> float:
    """The weight of a slot in the averages, after so many others."""
    return 1.0 / min(num_slots_before + 1, LONGEST_AVERAGE_SLOTS)
