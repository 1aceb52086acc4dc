"""The slow part of the downlink's channel."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from hiercoop.radio.downlink.path_loss import downlink_path_loss_db
from hiercoop.units import db_to_linear

SHADOWING_DECORRELATION_M = 50.0
"""TR 36.885 A.1.4, macro cells: the published model has static users and names none."""


def downlink_large_scale_gain(
    distance_m: Float[np.ndarray, "*shape"], shadowing_db: Float[np.ndarray, "*shape"]
) -> Float32[np.ndarray, "*shape"]:
    """Gain without antennas and small-scale fading, linear: path loss and shadowing."""
    gain: Float32[np.ndarray, "*shape"] = db_to_linear(-downlink_path_loss_db(distance_m) - shadowing_db).astype(np.float32)
    return gain
