"""Fits the semantic accuracy that ships with the package to a table of sentence similarities, and says how well.

    python deploy/fit_semantic_accuracy.py TABLE.csv          writes hiercoop/traffic/semantic/accuracy_fit.toml
    python deploy/fit_semantic_accuracy.py TABLE.csv --stdout     prints it

TABLE.csv: 20 rows (k = 1 to 20 symbols a word) x 31 columns (-10 to 20 dB in steps of 1 dB), no header.
Least squares, row by row.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from hiercoop.traffic.semantic.accuracy_table import TableAccuracy, load_accuracy_table
from hiercoop.traffic.semantic.logistic_accuracy import FIRST_SNR_DB, LAST_SNR_DB, PARAMETERS, LogisticAccuracy

LOWEST = np.array([0.0, 0.3, 0.02, -15.0, 0.02])
HIGHEST = np.array([0.6, 1.0, 5.0, 40.0, 50.0])
"""Bounds of the parameters, in their order: accuracies within [0, 1], steepness, midpoint, asymmetry."""
STARTS = [
    np.array([0.4, 0.97, 0.7, midpoint_db, asymmetry]) for midpoint_db in (-2.0, 4.0, 12.0) for asymmetry in (0.3, 1.0, 3.0)
]
DIGITS = 6


def fit(table: TableAccuracy) -> LogisticAccuracy:
    """The parameters of least squared error for each row, rounded as they are written."""
    snr_db = np.linspace(FIRST_SNR_DB, LAST_SNR_DB, table.table.shape[1])
    rows = [_fit_row(row, snr_db) for row in table.table]
    return LogisticAccuracy(np.array([[float(f"{value:.{DIGITS}g}") for value in row] for row in rows]).T)


def errors(model: LogisticAccuracy, table: TableAccuracy) -> np.ndarray:
    """Fit minus table, at every entry of the table."""
    num_symbols, column = np.indices(table.table.shape)
    found: np.ndarray = model.accuracy(num_symbols + 1, FIRST_SNR_DB + column) - table.table
    return found


def toml_text(model: LogisticAccuracy) -> str:
    """The file that ships with the package."""
    lines = ["# Made by deploy/fit_semantic_accuracy.py; the value of k symbols a word is the k-th of each list."]
    for name, values in zip(PARAMETERS, model.parameters, strict=True):
        lines.append(f"{name} = [{', '.join(f'{value:.{DIGITS}g}' for value in values)}]")
    return "\n".join(lines) + "\n"


def _fit_row(row: np.ndarray, snr_db: np.ndarray) -> np.ndarray:
    def residuals(parameters: np.ndarray) -> np.ndarray:
        floor, ceiling, steepness, midpoint, asymmetry = parameters
        return floor + (ceiling - floor) * (1.0 + np.exp(steepness * (midpoint - snr_db))) ** -asymmetry - row

    found = [least_squares(residuals, start, bounds=(LOWEST, HIGHEST), max_nfev=2000) for start in STARTS]
    return min(found, key=lambda result: result.cost).x


def main() -> None:
    """Reads the table, writes the parameters, reports the error on standard error."""
    table = load_accuracy_table(Path(sys.argv[1]), FIRST_SNR_DB, LAST_SNR_DB)
    model = fit(table)
    error = errors(model, table)
    if "--stdout" in sys.argv[2:]:
        sys.stdout.write(toml_text(model))
    else:
        target = Path(__file__).resolve().parents[1] / "hiercoop" / "traffic" / "semantic" / "accuracy_fit.toml"
        target.write_text(toml_text(model), "utf-8")
    worst = np.unravel_index(np.argmax(np.abs(error)), error.shape)
    sys.stderr.write(
        f"root mean square error {np.sqrt(np.mean(error**2)):.4f}, largest {np.abs(error).max():.4f} "
        f"at k={worst[0] + 1}, {FIRST_SNR_DB + worst[1]:g} dB\n"
    )


if __name__ == "__main__":
    main()
