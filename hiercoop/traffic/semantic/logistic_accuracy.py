"""The accuracy of semantic communication that ships with the package: a generalised logistic in SNR for each k."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

FIRST_SNR_DB = -10.0
LAST_SNR_DB = 20.0
"""Where the fit was made; beyond, the value at the nearer end holds, because nothing was measured there."""
PARAMETERS = ("floor", "ceiling", "steepness_per_db", "midpoint_db", "asymmetry")


@dataclass(frozen=True)
class LogisticAccuracy:
    """xi(k, x) = floor + (ceiling - floor) / (1 + exp(-steepness (x - midpoint)))^asymmetry, parameters by k."""

    parameters: Float64[np.ndarray, "parameter symbols"]
    """Rows as PARAMETERS; column k - 1 is for k symbols a word."""

    def accuracy(
        self, num_symbols: Int[np.ndarray, "*shape"], sinr_db: Float[np.ndarray, "*shape"]
    ) -> Float32[np.ndarray, "*shape"]:
        """Sentence similarity in [0, 1] with k >= 1 symbols a word at a SINR in dB, which is taken to lie in -10..20 dB."""
        floor, ceiling, steepness, midpoint, asymmetry = self.parameters.astype(np.float32).take(num_symbols - 1, axis=1)
        snr_db = np.clip(sinr_db, FIRST_SNR_DB, LAST_SNR_DB).astype(np.float32, copy=False)
        fallen = np.float32(1.0) + np.exp(steepness * (midpoint - snr_db))
        value: Float32[np.ndarray, "*shape"] = floor + (ceiling - floor) * fallen**-asymmetry
        return value


@lru_cache(maxsize=1)
def shipped_accuracy() -> LogisticAccuracy:
    """The fit to the published table of the DeepSC text transceiver, k = 1..20; deploy/fit_semantic_accuracy.py made it."""
    tree = tomllib.loads((resources.files("hiercoop.traffic.semantic") / "accuracy_fit.toml").read_text("utf-8"))
    return LogisticAccuracy(np.array([tree[name] for name in PARAMETERS], np.float64))
