"""How old the information about other cells is that an allocation rests on."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64


class InformationAge:
    """Ages [slots] at use, one for every slot, cell and other cell whose report has entered the option in force."""

    def __init__(self, num_cells: int, is_joint: bool) -> None:
        self._is_joint = is_joint
        self._reported_slot = np.full(num_cells, -1)
        self._used_slot = np.full((num_cells, num_cells), -1)
        self._off_diagonal = ~np.eye(num_cells, dtype=np.bool_)
        self._ages: list[np.ndarray] = []

    def note(self, slot: int, reported: set[int]) -> None:
        """Takes in a slot: a joint decision uses reports of that very slot, any other those of slots before it."""
        cells = sorted(reported)
        if self._is_joint:
            self._reported_slot[cells] = slot
        self._used_slot[cells] = self._reported_slot
        self._reported_slot[cells] = slot
        used = self._used_slot[self._off_diagonal]
        self._ages.append(slot - used[used >= 0])

    def percentiles_slots(self) -> dict[str, float | None]:
        """p50 and p99 [slots]; None where nobody ever heard of another cell."""
        ages: Float64[np.ndarray, "use"] = np.concatenate([np.zeros(0), *self._ages])
        if not len(ages):
            return {"p50": None, "p99": None}
        return {f"p{share}": float(np.percentile(ages, share)) for share in (50, 99)}
