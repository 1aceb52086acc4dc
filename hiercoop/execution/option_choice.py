"""Which options the edge gives, for a batch of environments of one run.

A joint decision is a coordinate ascent: it starts from the options in force and goes through the deciding cells in cell order,
each taking its best option given the others' as they stand at that moment. A decision of one cell is one of a single turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.execution.edge_policy import EdgeInput, EdgePolicy
from hiercoop.radio.geometry import neighbour_places

NUM_SWEEPS = 2
"""Times that a joint decision goes through the cells, at most."""


@dataclass(frozen=True)
class KnownCells:
    """What the edge holds of every cell; zero where it knows nothing of one."""

    features: Float32[np.ndarray, "env cell feature"]
    option: Int64[np.ndarray, "env cell"]
    age_slots: Float32[np.ndarray, "env cell"]
    """Slots since the option began; 0 for a cell that takes part in the decision."""
    is_known: Bool[np.ndarray, "env cell"]


class OptionChoice:
    """Options by the values of one edge policy. An environment's options do not depend on which others go with it."""

    def __init__(
        self,
        policy: EdgePolicy,
        code: Float32[np.ndarray, "env cell code"],
        distance_m: Float32[np.ndarray, "cell cell"],
        hold: float,
    ) -> None:
        num_envs, num_cells, code_size = code.shape
        # Row k: the cells other than k, in cell order.
        others = np.nonzero(~np.eye(num_cells, dtype=np.bool_))[1].reshape(num_cells, max(num_cells - 1, 0))
        self._policy = policy
        # Row of each other cell of a row's cell, in the same environment.
        other_rows = num_cells * np.arange(num_envs)[:, None, None] + others
        self._other_rows = other_rows.reshape(num_envs * num_cells, others.shape[1])
        self._code = code.reshape(num_envs * num_cells, code_size)
        place = neighbour_places(distance_m)
        self._distance_m, self._place, self._place_at_other = (
            np.tile(np.take_along_axis(relation, others, axis=1), (num_envs, 1)) for relation in (distance_m, place, place.T)
        )
        self._hold = np.full(num_envs * num_cells, hold, np.float32)

    def jointly(self, known: KnownCells, deciding: Bool[np.ndarray, "env cell"]) -> Int64[np.ndarray, "env cell"]:
        """Every cell's option once the deciding ones have chosen together; the others keep what is known of them."""
        option = known.option.copy()
        inputs = self._inputs(known.features.reshape(len(self._code), known.features.shape[2]), known, slice(None))
        cells = np.flatnonzero(deciding.any(axis=0)).tolist()
        # Views, so that each row sees what becomes of the others' options.
        rows = {cell: inputs.rows(slice(cell, None, option.shape[1])) for cell in cells}
        num_settled = 0
        for cell in cells * NUM_SWEEPS:
            best = self._policy.values(rows[cell]).argmax(axis=1)
            changes = deciding[:, cell] & (best != option[:, cell])
            num_settled += 1
            if changes.any():
                option[changes, cell] = best[changes]
                inputs.other_option[:] = option.reshape(-1)[self._other_rows]
                # The cell's own values do not depend on its own option.
                num_settled = 1
            if num_settled == len(cells):
                break
        return option

    def values(self, known: KnownCells, cell: int) -> Float32[np.ndarray, "env option"]:
        """The value of each option of one cell, given what is known of it and of the others."""
        return self._policy.values(self._inputs(known.features[:, cell], known, slice(cell, None, known.option.shape[1])))

    def separately(
        self,
        features: Float32[np.ndarray, "env cell feature"],
        known: KnownCells,
        deciding: Bool[np.ndarray, "env cell"],
    ) -> Int64[np.ndarray, "row"]:
        """The best option of each deciding cell, from its own `features` and what was known before of the others."""
        rows = np.flatnonzero(deciding)
        return self.of_cells(rows, features.reshape(len(self._code), features.shape[2])[rows], known)

    def of_cells(
        self, rows: Int64[np.ndarray, "row"], features: Float32[np.ndarray, "row feature"], known: KnownCells
    ) -> Int64[np.ndarray, "row"]:
        """The same for rows by number, which is that of the cell where there is one environment."""
        # Most often one cell decides, and a slice of one row is a view.
        index = slice(rows[0], rows[0] + 1) if len(rows) == 1 else rows
        best: np.ndarray = np.argmax(self._policy.values(self._inputs(features, known, index)), axis=1)
        return best

    def _inputs(
        self,
        features: Float32[np.ndarray, "row feature"],
        known: KnownCells,
        rows: slice | Int64[np.ndarray, "row"],
    ) -> EdgeInput:
        """These rows of all; there is one for every cell of every environment, by environment and then by cell."""
        others = self._other_rows[rows]
        return EdgeInput(
            features=features,
            code=self._code[rows],
            other_features=known.features.reshape(len(self._code), known.features.shape[2])[others],
            other_option=known.option.reshape(-1)[others],
            other_age=known.age_slots.reshape(-1)[others],
            other_distance=self._distance_m[rows],
            other_place=self._place[rows],
            place_at_other=self._place_at_other[rows],
            other_mask=known.is_known.reshape(-1)[others].astype(np.float32),
            hold=self._hold[rows],
        )
