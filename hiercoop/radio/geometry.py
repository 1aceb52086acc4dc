"""Where vehicles are as seen from the sites."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int64


def offsets_m(
    vehicle_xy_m: Float[np.ndarray, "env link 2"], site_xy_m: Float[np.ndarray, "cell 2"]
) -> tuple[Float[np.ndarray, "env link cell"], Float[np.ndarray, "env link cell"]]:
    """Absolute offsets |dx| and |dy| of every vehicle from every site, along the map's axes [m]."""
    difference = np.abs(vehicle_xy_m[:, :, None, :] - site_xy_m)
    return difference[..., 0], difference[..., 1]


def distance_m(dx_m: Float[np.ndarray, "*shape"], dy_m: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Ground distance of two offsets [m]."""
    ground_m: Float[np.ndarray, "*shape"] = np.hypot(dx_m, dy_m)
    return ground_m


def site_distances_m(site_xy_m: Float[np.ndarray, "sbs 2"]) -> Float32[np.ndarray, "sbs sbs"]:
    """Ground distances between sites [m], from coordinates in single precision, as they go over the wire."""
    site_xy_m = site_xy_m.astype(np.float32).astype(np.float64)
    offsets = site_xy_m[:, None, :] - site_xy_m[None, :, :]
    distances: Float32[np.ndarray, "sbs sbs"] = np.sqrt(np.square(offsets).sum(axis=-1)).astype(np.float32)
    return distances


def neighbour_places(distance_m: Float32[np.ndarray, "sbs sbs"]) -> Int64[np.ndarray, "sbs sbs"]:
    """Row k: the place of every other site in site k's neighbour list, nearest first; the site itself comes last.

    Distances within the same decimetre are equal, and the lower index goes first, so that rounding decides nothing.
    """
    decimetres = np.rint(distance_m.astype(np.float64) * 10.0)
    np.fill_diagonal(decimetres, np.inf)
    places: Int64[np.ndarray, "sbs sbs"] = decimetres.argsort(axis=1, kind="stable").argsort(axis=1)
    return places
