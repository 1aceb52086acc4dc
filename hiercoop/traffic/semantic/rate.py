"""How fast meaning is sent."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int


def semantic_rate_ksutps(
    num_symbols: Int[np.ndarray, "*shape"], bandwidth_hz: float, units_per_word: float
) -> Float32[np.ndarray, "*shape"]:
    """Semantic rate [ksut/s, thousands of semantic units a second]: units a word x symbols a second / symbols a word.

    A channel carries as many symbols a second as it has hertz: 4 x 180 / k over 180 kHz. Yan et al., "Resource allocation for
    text semantic communications". Published code compares this in sut/s with requirements in ksut/s, so every k meets them.
    """
    most_ksutps = np.float32(units_per_word * bandwidth_hz / 1000.0)
    rate: Float32[np.ndarray, "*shape"] = most_ksutps / num_symbols.astype(np.float32)
    return rate
