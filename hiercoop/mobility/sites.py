"""Sites where the traffic is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from hiercoop.errors import ConfigError
from hiercoop.seeding import Streams

MAX_ROUNDS = 100


def k_means(points: Float[np.ndarray, "point 2"], num_sites: int) -> Float[np.ndarray, "site 2"]:
    """Centres of K clusters of the points, ordered by x then y; the same points always give the same centres.

    Lloyd's algorithm from a k-means++ start. ConfigError with fewer distinct points than clusters.
    """
    num_distinct = len(np.unique(points, axis=0))
    if num_distinct < num_sites:
        raise ConfigError(f"num_sbs={num_sites} exceeds the {num_distinct} places seen in the trace; give sbs_sites_m")
    centres = _spread_start(points, num_sites)
    for _ in range(MAX_ROUNDS):
        nearest = np.argmin(_squared_distances(points, centres), axis=1)
        sizes = np.bincount(nearest, minlength=num_sites)
        sums = np.stack([np.bincount(nearest, points[:, axis], num_sites) for axis in (0, 1)], axis=1)
        moved = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres[np.lexsort((centres[:, 1], centres[:, 0]))]


def _spread_start(points: Float[np.ndarray, "point 2"], num_sites: int) -> Float[np.ndarray, "site 2"]:
    """Points drawn one by one, each with a probability that grows with its squared distance from those drawn before."""
    # Sites belong to the scenario, not to the run: their seed is fixed.
    generator = Streams(0).generator("sites")
    centres = points[generator.integers(len(points))][None]
    while len(centres) < num_sites:
        weights = _squared_distances(points, centres).min(axis=1)
        chosen = generator.choice(len(points), p=weights / weights.sum())
        centres = np.concatenate([centres, points[chosen][None]])
    return np.asarray(centres)


def _squared_distances(
    points: Float[np.ndarray, "point 2"], centres: Float[np.ndarray, "site 2"]
) -> Float[np.ndarray, "point site"]:
    difference = points[:, None, :] - centres
    squared: Float[np.ndarray, "point site"] = np.einsum("psa,psa->ps", difference, difference)
    return squared
