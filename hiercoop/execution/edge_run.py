"""One run at the edge: its cells, what they reported, and the options that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from hiercoop.execution.cell_history import CellHistory, ReportBatch
from hiercoop.execution.edge_policy import EdgePolicy, cell_codes, hold_of
from hiercoop.execution.option_choice import OptionChoice
from hiercoop.radio.geometry import site_distances_m
from hiercoop.rpc.v1.upper_edge_service_pb2 import RunProfile


@dataclass
class CellState:
    """Who serves a cell, and how far it has reported."""

    attach_epoch: int
    last_slot: int = -1
    is_connected: bool = True


class EdgeRun:
    """The cells of one run under one policy."""

    def __init__(self, policy: EdgePolicy, profile: RunProfile) -> None:
        sizes = policy.manifest.dimensions
        distance_m = site_distances_m(np.asarray(profile.sites_m, np.float64).reshape(profile.num_cells, 2))
        codes = cell_codes(profile.seed, profile.num_cells, sizes.code)
        self.profile = profile
        self.num_cells = profile.num_cells
        self.cells: dict[int, CellState] = {}
        self._choice = OptionChoice(policy, codes[None], distance_m, hold_of(profile.reporting, profile.period_slots))
        self._history = CellHistory(profile.num_cells, sizes.features)
        self._decides_rows_together = policy.has_separate_rows(profile.num_cells - 1, profile.num_cells)

    def bind(self, cell: int, attach_epoch: int) -> None:
        """Gives the cell to this attach; what an earlier one reported is forgotten."""
        held = self.cells.get(cell)
        if held is not None and held.attach_epoch == attach_epoch:
            held.is_connected = True
        else:
            self.cells[cell] = CellState(attach_epoch)
            self._history.forget(cell)

    def is_new(self, cell: int, attach_epoch: int, slot: int) -> bool:
        """Whether a report of this slot comes from the cell's holder, and is its first of it or of any later one."""
        held = self.cells.get(cell)
        return held is not None and held.attach_epoch == attach_epoch and slot > held.last_slot

    def is_joint(self, slot: int) -> bool:
        """Whether reports of this slot are decided together."""
        return self.profile.reporting != "on-termination" and slot % self.profile.period_slots == 0

    def connected(self) -> set[int]:
        """The cells whose reports are awaited."""
        return {cell for cell, state in self.cells.items() if state.is_connected}

    def decide(self, reports: ReportBatch) -> Int64[np.ndarray, "report"]:
        """The options that follow these reports of one slot, in cell order: new ones where they ended, else a confirmation.

        Jointly where the slot is, otherwise each from what was known of the others before it: in one inference where the
        network gives a row the same values among others as alone, else one by one.
        """
        known = self._history.before(reports.slot)
        option = reports.option.copy()
        if self.is_joint(reports.slot):
            deciding = np.zeros((1, self.num_cells), np.bool_)
            deciding[0, reports.cell] = reports.terminated
            known.option[0, reports.cell] = reports.option
            known.features[0, reports.cell] = reports.features
            known.age_slots[0, reports.cell] = 0.0
            known.is_known[0, reports.cell] = True
            option = self._choice.jointly(known, deciding)[0, reports.cell]
        elif reports.terminated.any():
            rows = np.flatnonzero(reports.terminated)
            parts = [rows] if self._decides_rows_together else np.split(rows, len(rows))
            for part in parts:
                option[part] = self._choice.of_cells(reports.cell[part], reports.features[part], known)
        self._history.remember(reports, option)
        return option
