"""Means and 95 % intervals: over training seeds for what is learned, over episodes for what is not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

T_975 = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622)
"""97.5 % points of Student's t distribution with 1 to 9 degrees of freedom."""
Z_975 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A mean of n values with its 95 % interval; lo and hi are NaN where n is 1."""

    n: int
    mean: float
    lo: float
    hi: float


def t_interval(values: Float64[np.ndarray, "value"]) -> Estimate | None:
    """Mean of the values that are numbers, with the interval of Student's t; None where there is none."""
    counted = values[~np.isnan(values)]
    if len(counted) == 0:
        return None
    mean = float(counted.mean())
    if len(counted) == 1:
        return Estimate(1, mean, math.nan, math.nan)
    half = t_975(len(counted) - 1) * float(counted.std(ddof=1)) / math.sqrt(len(counted))
    return Estimate(len(counted), mean, mean - half, mean + half)


def t_975(degrees: int) -> float:
    """97.5 % point of Student's t: tabulated below 10 degrees of freedom, above by Fisher's expansion (error below 1e-4).

    Abramowitz and Stegun, 26.7.5.
    """
    if degrees < 1:
        raise ValueError(f"degrees={degrees} must be at least 1")
    if degrees <= len(T_975):
        return T_975[degrees - 1]
    z, n = Z_975, float(degrees)
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    return z + first / n + second / n**2 + third / n**3
