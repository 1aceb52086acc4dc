"""The upper layer of an agent at inference: the value of each option from its own and the other cells' features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from hiercoop.execution.bundle import EDGE_FILE, PolicyBundle
from hiercoop.execution.onnx_session import check_inputs, make_session
from hiercoop.seeding import keyed_generator

PROBED_ROWS = (2, 3, 4, 5, 6, 7, 8, 16, 32)


@dataclass(frozen=True)
class EdgeInput:
    """What the edge knows when it decides for a batch of cells; others in cell order, absent ones masked."""

    features: Float32[np.ndarray, "row feature"]
    code: Float32[np.ndarray, "row code"]
    other_features: Float32[np.ndarray, "row other feature"]
    other_option: Int64[np.ndarray, "row other"]
    other_age: Float32[np.ndarray, "row other"]
    other_distance: Float32[np.ndarray, "row other"]
    other_place: Int64[np.ndarray, "row other"]
    """Of the other cell in this one's neighbour list (`radio.geometry.neighbour_places`)."""
    place_at_other: Int64[np.ndarray, "row other"]
    """The reverse."""
    other_mask: Float32[np.ndarray, "row other"]
    hold: Float32[np.ndarray, "row"]
    """How the decision holds, see `hold_of`."""

    def rows(self, index: slice | Int64[np.ndarray, "row"]) -> EdgeInput:
        """The rows at these places; views where they are a slice."""
        return EdgeInput(**{name: values[index] for name, values in vars(self).items()})


class EdgePolicy:
    """`edge.onnx` of a bundle."""

    def __init__(self, bundle: PolicyBundle) -> None:
        sizes = bundle.manifest.dimensions
        self.manifest = bundle.manifest
        self._session = make_session(bundle.files[EDGE_FILE], EDGE_FILE)
        check_inputs(
            self._session,
            EDGE_FILE,
            {
                "features": ("tensor(float)", (None, sizes.features)),
                "code": ("tensor(float)", (None, sizes.code)),
                "other_features": ("tensor(float)", (None, None, sizes.features)),
                "other_option": ("tensor(int64)", (None, None)),
                "other_age": ("tensor(float)", (None, None)),
                "other_distance": ("tensor(float)", (None, None)),
                "other_place": ("tensor(int64)", (None, None)),
                "place_at_other": ("tensor(int64)", (None, None)),
                "other_mask": ("tensor(float)", (None, None)),
                "hold": ("tensor(float)", (None,)),
            },
        )

    def values(self, known: EdgeInput) -> Float32[np.ndarray, "row option"]:
        """Q_k of each option, a row a cell."""
        (values,) = self._session.run(("values",), vars(known))
        return np.asarray(values, np.float32)

    def has_separate_rows(self, num_others: int, max_rows: int) -> bool:
        """Whether a row's values are the same bits however many rows go with it, up to so many; found out by trying.

        ONNX Runtime chooses its kernels by shape: a product with constant weights is the same for a row alone and among
        others, a sum over cells is not in every network. Inputs are drawn at random, so that another order of summation shows.
        """
        given = self._draw_inputs(num_others, max_rows)
        alone = np.concatenate([self.values(given.rows(slice(row, row + 1))) for row in range(max_rows)])
        sizes = [size for size in PROBED_ROWS if size < max_rows] + [max_rows]
        return all(self.values(given.rows(slice(0, size))).tobytes() == alone[:size].tobytes() for size in sizes)

    def _draw_inputs(self, num_others: int, num_rows: int) -> EdgeInput:
        sizes, shape = self.manifest.dimensions, (num_rows, num_others)
        generator = keyed_generator(0, "edge-rows", num_others, num_rows)
        place = np.tile(np.arange(num_others), (num_rows, 1))
        return EdgeInput(
            features=generator.standard_normal((num_rows, sizes.features), np.float32),
            code=generator.standard_normal((num_rows, sizes.code), np.float32),
            other_features=generator.standard_normal((*shape, sizes.features), np.float32),
            other_option=generator.integers(0, sizes.options, shape),
            other_age=generator.integers(0, 20, shape).astype(np.float32),
            other_distance=generator.uniform(50.0, 900.0, shape).astype(np.float32),
            other_place=place,
            place_at_other=place,
            other_mask=np.ones(shape, np.float32),
            hold=np.zeros(num_rows, np.float32),
        )


def cell_codes(seed: int, num_cells: int, size: int) -> Float32[np.ndarray, "cell code"]:
    """The random vector of each cell that lets equal cells choose differently; from (seed, cell) alone."""
    return np.stack([keyed_generator(seed, "code", cell, 0).standard_normal(size, np.float32) for cell in range(num_cells)])


def hold_of(reporting: str, period_slots: int) -> float:
    """1/n where all cells decide together every n slots, 0 where each holds its option until it ends."""
    return 0.0 if reporting == "on-termination" else 1.0 / period_slots
