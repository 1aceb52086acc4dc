"""Normal numbers by inversion of 16-bit uniforms: fading draws hundreds of them a slot, and most of its time went there."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from jaxtyping import Complex64, Float32

NUM_LEVELS = 2**16


def complex_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Complex64[np.ndarray, "..."]:
    """Independent complex normal numbers of mean 0 and variance 1, real and imaginary parts independent.

    Each part takes one of 65,536 values, the quantiles of N(0, 1/2) at the middles of as many equal shares, scaled so that
    the variance is exact; none is beyond 4.2 standard deviations.
    """
    count = 2 * int(np.prod(shape))
    levels = generator.bit_generator.random_raw((count + 3) // 4).view(np.uint16)[:count]
    return _half_variance_quantiles().take(levels, mode="clip").view(np.complex64).reshape(shape)


@lru_cache(maxsize=1)
def _half_variance_quantiles() -> Float32[np.ndarray, "level"]:
    normal = NormalDist()
    upper = np.array([normal.inv_cdf(0.5 + (level + 0.5) / NUM_LEVELS) for level in range(NUM_LEVELS // 2)])
    quantiles = np.concatenate([-upper[::-1], upper])
    scaled: Float32[np.ndarray, "level"] = (quantiles / np.sqrt(2.0 * np.mean(quantiles**2))).astype(np.float32)
    return scaled
