"""What users want, and how much they mind not to get it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiercoop.config.semantic import RequirementsConfig

MIN_SLOPE_SHARE = 0.1
"""A slope is at least this share of its mean: a normal draw may be negative, and would turn a preference round."""


@dataclass(frozen=True)
class Requirements:
    """What each user wants; the same shape throughout."""

    weight: Float32[np.ndarray, "*user"]
    """w: share of the rate in the quality of experience."""
    rate_ksutps: Float32[np.ndarray, "*user"]
    accuracy: Float32[np.ndarray, "*user"]
    rate_slope: Float32[np.ndarray, "*user"]
    """beta, per ksut/s."""
    accuracy_slope: Float32[np.ndarray, "*user"]
    """lambda."""

    def transposed(self) -> Requirements:
        """The same with the axes of each array reversed."""
        return Requirements(self.weight.T, self.rate_ksutps.T, self.accuracy.T, self.rate_slope.T, self.accuracy_slope.T)


def draw_requirements(config: RequirementsConfig, generator: np.random.Generator, shape: tuple[int, ...]) -> Requirements:
    """Independent requirements of so many users: uniform w, rate and accuracy, normal slopes."""

    def uniform(bounds: tuple[float, float]) -> Float32[np.ndarray, "..."]:
        low, high = bounds
        return np.float32(low) + np.float32(high - low) * generator.random(shape, np.float32)

    def slope(mean: float, deviation: float) -> Float32[np.ndarray, "..."]:
        drawn = np.float32(mean) + np.float32(deviation) * generator.standard_normal(shape, np.float32)
        kept: Float32[np.ndarray, "..."] = np.maximum(drawn, np.float32(MIN_SLOPE_SHARE * mean))
        return kept

    return Requirements(
        weight=uniform(config.weight),
        rate_ksutps=uniform(config.rate_ksutps),
        accuracy=uniform(config.accuracy),
        rate_slope=slope(config.rate_slope_mean, config.rate_slope_deviation),
        accuracy_slope=slope(config.accuracy_slope_mean, config.accuracy_slope_deviation),
    )
