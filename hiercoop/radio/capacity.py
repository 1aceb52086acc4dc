"""What a channel can carry."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float


def shannon_capacity_bps(
    sinr: Float[np.ndarray, "*shape"],
    bandwidth_hz: float,
    max_spectral_efficiency_bps_hz: float | None = None,
) -> Float[np.ndarray, "*shape"]:
    """Capacity (4) of each link [bit/s]: W log2(1 + SINR), with linear SINR, capped at W times the given efficiency."""
    # log1p keeps the capacity of links far below the noise, where 1 + SINR would round to 1.
    efficiency_bps_hz = np.log1p(sinr) * (1.0 / math.log(2.0))
    if max_spectral_efficiency_bps_hz is not None:
        efficiency_bps_hz = np.minimum(efficiency_bps_hz, max_spectral_efficiency_bps_hz)
    capacity_bps: Float[np.ndarray, "*shape"] = efficiency_bps_hz * bandwidth_hz
    return capacity_bps
