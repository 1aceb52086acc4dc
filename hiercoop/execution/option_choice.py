"""Which options the edge gives, for a batch of environments of one run.

A joint decision is a coordinate ascent: it starts from the options in force and goes through the deciding cells in cell order,
each taking its best option given the others' as they stand at that moment. A decision of one cell is one of a single turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from hiercoop.execution.edge_policy import EdgeInput, EdgePolicy

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
        self._others = others
        self._code = code.reshape(num_envs * num_cells, code_size)
        self._distance_m = np.tile(np.take_along_axis(distance_m, others, axis=1), (num_envs, 1))
        self._hold = np.full(num_envs * num_cells, hold, np.float32)

    def jointly(self, known: KnownCells, deciding: Bool[np.ndarray, "env cell"]) -> Int64[np.ndarray, "env cell"]:
        """Every cell's option once the deciding ones have chosen together; the others keep what is known of them."""
        option = known.option.copy()
        inputs = self._inputs(known.features, known)
        cells = np.flatnonzero(deciding.any(axis=0)).tolist()
        rows = {cell: inputs.rows(slice(cell, None, option.shape[1])) for cell in cells}
        num_settled = 0
        for cell in cells * NUM_SWEEPS:
            rows[cell].other_option[:] = option[:, self._others[cell]]
            best = np.argmax(self._policy.values(rows[cell]), axis=1)
            changes = deciding[:, cell] & (best != option[:, cell])
            option[changes, cell] = best[changes]
            # A cell's own change leaves its own values as they were, so that it counts as settled.
            num_settled = 1 if changes.any() else num_settled + 1
            if num_settled == len(cells):
                break
        return option

    def separately(
        self,
        features: Float32[np.ndarray, "env cell feature"],
        known: KnownCells,
        deciding: Bool[np.ndarray, "env cell"],
    ) -> Int64[np.ndarray, "row"]:
        """The best option of each deciding cell, from its own `features` and what was known before of the others."""
        inputs = self._inputs(features, known).rows(np.flatnonzero(deciding))
        best: np.ndarray = np.argmax(self._policy.values(inputs), axis=1)
        return best

    def _inputs(self, features: Float32[np.ndarray, "env cell feature"], known: KnownCells) -> EdgeInput:
        """A row for every cell of every environment, by environment and then by cell."""
        num_rows, size = len(self._code), features.shape[2]
        num_others = self._others.shape[1]
        return EdgeInput(
            features=features.reshape(num_rows, size),
            code=self._code,
            other_features=known.features[:, self._others].reshape(num_rows, num_others, size),
            other_option=known.option[:, self._others].reshape(num_rows, num_others),
            other_age=known.age_slots[:, self._others].reshape(num_rows, num_others),
            other_distance=self._distance_m,
            other_mask=known.is_known[:, self._others].reshape(num_rows, num_others).astype(np.float32),
            hold=self._hold,
        )
