"""How fast a moving vehicle's channel forgets."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from hiercoop.units import SPEED_OF_LIGHT_MPS


def doppler_hz(speed_mps: Float[np.ndarray, "*shape"], carrier_hz: float) -> Float[np.ndarray, "*shape"]:
    """Largest Doppler shift of each vehicle [Hz]: speed x carrier / c."""
    shift_hz: Float[np.ndarray, "*shape"] = speed_mps * (carrier_hz / SPEED_OF_LIGHT_MPS)
    return shift_hz


def bessel_j0(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Bessel function of the first kind and order zero, to 1e-12.

    Trapezoid rule on J0(x) = 1/pi times the integral of cos(x sin t) from 0 to pi (Abramowitz and Stegun, 9.1.18); for a
    periodic integrand its error vanishes once there are more points than x.
    """
    num_points = 40 + int(np.ceil(np.max(np.abs(x), initial=0.0)))
    angles = np.arange(num_points) * (np.pi / num_points)
    mean: Float[np.ndarray, "*shape"] = np.mean(np.cos(x[..., None] * np.sin(angles)), axis=-1)
    return mean
