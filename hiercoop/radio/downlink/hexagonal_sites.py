"""Where base stations stand: a hexagonal grid, from its centre outwards."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

RING_STEPS = ((-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0), (0, 1))
"""Directions along the six sides of a ring, in axial coordinates."""


def hexagonal_sites_m(num_cells: int, spacing_m: float) -> Float[np.ndarray, "cell 2"]:
    """The first sites of the grid [m]: the centre at (0, 0), then ring after ring, each anticlockwise from the east.

    1, 7, 19 and 37 sites are whole rings; 3 are the centre and two neighbours that are neighbours of each other.
    """
    axial = [(0, 0)]
    ring = 0
    while len(axial) < num_cells:
        ring += 1
        q, r = ring, 0
        for step_q, step_r in RING_STEPS:
            for _ in range(ring):
                axial.append((q, r))
                q, r = q + step_q, r + step_r
    places = np.array(axial[:num_cells], np.float64)
    x_m = spacing_m * (places[:, 0] + 0.5 * places[:, 1])
    y_m = spacing_m * (math.sqrt(3.0) / 2.0) * places[:, 1]
    return np.stack([x_m, y_m], axis=1)
