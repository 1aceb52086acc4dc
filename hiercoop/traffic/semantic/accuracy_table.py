"""Accuracy of semantic communication from a user's own table."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from hiercoop.config.semantic import MAX_SYMBOLS, TABLE_STEP_DB
from hiercoop.errors import InputFileError


@dataclass(frozen=True)
class TableAccuracy:
    """Accuracies by symbols a word (row k - 1) and SNR (columns, 1 dB apart)."""

    table: Float64[np.ndarray, "symbols snr"]
    first_snr_db: float

    def accuracy(
        self, num_symbols: Int[np.ndarray, "*shape"], sinr_db: Float[np.ndarray, "*shape"]
    ) -> Float32[np.ndarray, "*shape"]:
        """Sentence similarity with k >= 1 symbols a word at a SINR in dB: linear in dB between columns, level beyond."""
        last = self.table.shape[1] - 1
        place = np.clip((sinr_db - self.first_snr_db) / TABLE_STEP_DB, 0.0, last)
        below = np.minimum(place.astype(np.int64), last - 1)
        row = num_symbols - 1
        low, high = self.table[row, below], self.table[row, below + 1]
        value: Float32[np.ndarray, "*shape"] = (low + (place - below) * (high - low)).astype(np.float32)
        return value


def load_accuracy_table(path: Path, first_snr_db: float, last_snr_db: float) -> TableAccuracy:
    """The table of a CSV file without header: a line for each k = 1..20, a column for each decibel from the first to the last.

    InputFileError for a file that cannot be read, of other dimensions, with values outside [0, 1], or with a row that does
    not rise with SNR on average.
    """
    try:
        # numpy only warns of a file without any number.
        with warnings.catch_warnings(action="error"):
            table = np.loadtxt(path, np.float64, delimiter=",", ndmin=2)
    except (OSError, ValueError, UserWarning) as error:
        raise InputFileError(
            f"accuracy table {path} cannot be read as lines of numbers separated by commas: {error}"
        ) from error
    wanted = (MAX_SYMBOLS, round((last_snr_db - first_snr_db) / TABLE_STEP_DB) + 1)
    if table.shape != wanted:
        raise InputFileError(
            f"accuracy table {path} is {table.shape[0]} rows x {table.shape[1]} columns, wanted are {wanted[0]} x {wanted[1]}: "
            f"a row for each k, a column for each dB from {first_snr_db:g} to {last_snr_db:g}; "
            "set semantics.table_snr_db to the table's own"
        )
    is_out = ~((table >= 0.0) & (table <= 1.0))
    if is_out.any():
        row, column = np.argwhere(is_out)[0]
        raise InputFileError(
            f"accuracy table {path}: {table[row, column]:g} at k={row + 1}, {first_snr_db + column:g} dB must be in [0, 1]; "
            "give sentence similarities"
        )
    slopes = _mean_slopes(table)
    if not (slopes > 0.0).all():
        row = int(np.argmin(slopes))
        raise InputFileError(
            f"accuracy table {path}: the row of k={row + 1} changes by {slopes[row]:.3g} per dB on average, it must rise; "
            "order its columns from the lowest SNR to the highest"
        )
    return TableAccuracy(table, first_snr_db)


def _mean_slopes(table: Float64[np.ndarray, "symbols snr"]) -> Float64[np.ndarray, "symbols"]:
    """Slope of the straight line through each row, by least squares [per dB]."""
    offset_db = TABLE_STEP_DB * (np.arange(table.shape[1]) - 0.5 * (table.shape[1] - 1))
    slopes: Float64[np.ndarray, "symbols"] = table @ offset_db / (offset_db @ offset_db)
    return slopes
