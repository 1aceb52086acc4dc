"""How well words arrive: semantic accuracy by symbols a word and SINR."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Int

from hiercoop.config.semantic import SemanticsConfig
from hiercoop.traffic.semantic.accuracy_table import load_accuracy_table
from hiercoop.traffic.semantic.logistic_accuracy import shipped_accuracy


@runtime_checkable
class AccuracyModel(Protocol):
    """Semantic accuracy xi."""

    def accuracy(
        self, num_symbols: Int[np.ndarray, "*shape"], sinr_db: Float[np.ndarray, "*shape"]
    ) -> Float32[np.ndarray, "*shape"]:
        """Sentence similarity in [0, 1] with k symbols a word, 1 to 20, at a SINR in dB."""
        ...


def make_accuracy(config: SemanticsConfig) -> AccuracyModel:
    """The accuracy that a configuration asks for: the shipped fit, or its own table, with `load_accuracy_table`'s errors."""
    if config.accuracy_table is None:
        return shipped_accuracy()
    return load_accuracy_table(Path(config.accuracy_table), *config.table_snr_db)
