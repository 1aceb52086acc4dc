"""Shadowing: a unit-variance process over distance, times the sigma of the place where the vehicle is."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Float32

MBS_SIGMA_DB = 8.0
"""TR 36.885 A.1.4."""
SBS_LOS_SIGMA_DB = 3.0
"""TR 36.885 A.1.4 (WINNER+ B1 LOS)."""
SBS_NLOS_SIGMA_DB = 4.0
"""TR 36.885 A.1.4 (WINNER+ B1 NLOS)."""
MBS_DECORRELATION_M = 50.0
"""TR 36.885 A.1.4."""
SBS_DECORRELATION_M = 10.0
"""TR 36.885 A.1.4."""
LOS_DECORRELATION_M = 50.0
"""Of the uniform that decides on line of sight: TR 38.901 Table 7.6.3.1-2, UMi."""


def initial_shadowing(generator: np.random.Generator, shape: tuple[int, ...]) -> Float32[np.ndarray, "..."]:
    """The process at places that have no past: independent N(0, 1) of the given shape."""
    return generator.standard_normal(shape, dtype=np.float32)


def advance_shadowing(
    shadow: Float32[np.ndarray, "*vehicle cell"],
    moved_m: Float[np.ndarray, "*vehicle"],
    decorrelation_m: Float[np.ndarray, "cell"] | float,
    generator: np.random.Generator,
) -> Float32[np.ndarray, "*vehicle cell"]:
    """The process after each vehicle moved: S' = exp(-D/d) S + sqrt(1 - exp(-2 D/d)) N(0, 1). TR 36.885 A.1.4."""
    distances = moved_m[..., None] / decorrelation_m
    kept = np.exp(-distances).astype(np.float32)
    fresh = np.sqrt(-np.expm1(-2.0 * distances)).astype(np.float32)
    advanced: Float32[np.ndarray, "*vehicle cell"] = kept * shadow + fresh * initial_shadowing(generator, shadow.shape)
    return advanced


def shadowing_sigma_db(is_los: Bool[np.ndarray, "*vehicle sbs"]) -> Float32[np.ndarray, "*vehicle cell"]:
    """Standard deviation towards every cell [dB]: 3 (LOS) or 4 (NLOS) to an SBS, 8 to the MBS, which comes last."""
    sigma_db = np.full((*is_los.shape[:-1], is_los.shape[-1] + 1), MBS_SIGMA_DB, dtype=np.float32)
    sigma_db[..., :-1] = np.where(is_los, SBS_LOS_SIGMA_DB, SBS_NLOS_SIGMA_DB)
    return sigma_db


def decorrelation_m(num_sbs: int) -> Float[np.ndarray, "cell"]:
    """Decorrelation distance towards every cell [m]: 10 to an SBS, 50 to the MBS, which comes last."""
    return np.array([SBS_DECORRELATION_M] * num_sbs + [MBS_DECORRELATION_M])


def normal_cdf(value: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Probability that N(0, 1) lies below each value, within 1e-7: Abramowitz and Stegun, 26.2.17."""
    magnitude = np.abs(value)
    t = 1.0 / (1.0 + 0.2316419 * magnitude)
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-0.5 * magnitude**2) * series / math.sqrt(2.0 * math.pi)
    below: Float[np.ndarray, "*shape"] = np.where(value < 0.0, tail, 1.0 - tail)
    return below
