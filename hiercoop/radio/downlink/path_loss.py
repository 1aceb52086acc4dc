"""Mean loss between a base station of the downlink and a user."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

MIN_DISTANCE_M = 3.0
"""Closer counts as this, as everywhere here (TR 36.885 A.1.4)."""


def downlink_path_loss_db(distance_m: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Path loss [dB]: 120.9 + 37.6 log10(d / 1 km). Yu et al., IEEE TVT 2025; the slope is TR 36.942's, 5.1.4.2."""
    loss_db: Float[np.ndarray, "*shape"] = 120.9 + 37.6 * np.log10(np.maximum(distance_m, MIN_DISTANCE_M) / 1000.0)
    return loss_db
