"""Where vehicles are as seen from the sites."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


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
