"""What each cell told the edge in its latest reports, and what was known of it before any slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.errors import MessageError
from hiercoop.execution.option_choice import KnownCells

HISTORY_SLOTS = 4
"""Reports kept a cell; two are needed, that a report of slot t still finds what was known before t."""
NOTHING = -1
MAX_SLOT = 2**62


@dataclass(frozen=True)
class ReportBatch:
    """Reports of one slot, at most one a cell, column by column; features decoded."""

    slot: int
    cell: Int64[np.ndarray, "report"]
    option: Int64[np.ndarray, "report"]
    since_slot: Int64[np.ndarray, "report"]
    terminated: Bool[np.ndarray, "report"]
    features: Float32[np.ndarray, "report feature"]

    def rows(self, index: list[int]) -> ReportBatch:
        """These reports alone."""
        columns = {name: column[index] for name, column in vars(self).items() if name != "slot"}
        return ReportBatch(slot=self.slot, **columns)


def check_slots(slot: int, since_slot: int) -> None:
    """Raises MessageError where an option began after the slot of its report, or the slot is no number of slots."""
    if not since_slot <= slot < MAX_SLOT:
        raise MessageError(
            f"slot={slot}, option_since_slot={since_slot} came; the first must be below 2^62, and not before the second"
        )


class CellHistory:
    """The latest reports of every cell of a run, each with the option that held from then on."""

    def __init__(self, num_cells: int, num_features: int) -> None:
        self._slot = np.full((num_cells, HISTORY_SLOTS), NOTHING, np.int64)
        self._since_slot = np.zeros((num_cells, HISTORY_SLOTS), np.int64)
        self._option = np.zeros((num_cells, HISTORY_SLOTS), np.int64)
        self._features = np.zeros((num_cells, HISTORY_SLOTS, num_features), np.float32)
        self._oldest = [0] * num_cells
        self._cells = np.arange(num_cells)

    def forget(self, cell: int) -> None:
        """Nothing is known of this cell any more: another agent serves it."""
        self._slot[cell] = NOTHING

    def remember(self, reports: ReportBatch, option: Int64[np.ndarray, "report"]) -> None:
        """Keeps these reports and the options that hold from now on, in place of each cell's oldest."""
        # Mostly there is one report, and numpy takes longer for one than Python.
        for row, cell in enumerate(reports.cell.tolist()):
            place = (cell, self._oldest[cell])
            self._slot[place] = reports.slot
            self._since_slot[place] = reports.slot if reports.terminated[row] else reports.since_slot[row]
            self._option[place] = option[row]
            self._features[place] = reports.features[row]
            self._oldest[cell] = (place[1] + 1) % HISTORY_SLOTS

    def before(self, slot: int) -> KnownCells:
        """What was known of all cells from slots strictly before this one; fresh arrays, for one environment."""
        eligible_slot = np.where(self._slot < slot, self._slot, NOTHING)
        place = (self._cells, eligible_slot.argmax(axis=1))
        is_known = eligible_slot[place] != NOTHING
        return KnownCells(
            features=np.where(is_known[:, None], self._features[place], np.float32(0.0))[None],
            option=np.where(is_known, self._option[place], 0)[None],
            age_slots=np.where(is_known, slot - self._since_slot[place], 0).astype(np.float32)[None],
            is_known=is_known[None],
        )
