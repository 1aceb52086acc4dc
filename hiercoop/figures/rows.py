"""The rows of a figure's CSV: one a point. A figure is drawn from them and from nothing else."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal

from hiercoop.figures.statistics import Estimate

Over = Literal["training seeds", "episodes", "formula"]


@dataclass(frozen=True)
class Row:
    """One point: in which panel, of which series, where, and what was found."""

    panel: str
    series: str
    x: float | str
    n: int
    mean: float
    lo: float
    hi: float
    over: Over
    """What n counts, and over what the interval is."""


def row(panel: str, series: str, x: float | str, found: Estimate | None, over: Over) -> list[Row]:
    """One row, or none where nothing was found."""
    return [] if found is None else [Row(panel, series, x, found.n, found.mean, found.lo, found.hi, over)]


def series_of(rows: Iterable[Row]) -> list[str]:
    """Names of the series in the order in which they first appear."""
    return list(dict.fromkeys(point.series for point in rows))


def in_panel(rows: Iterable[Row], panel: str) -> list[Row]:
    """The points of one panel."""
    return [point for point in rows if point.panel == panel]


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """All rows, numbers to seven digits, an empty field for none; whole or not at all."""
    staging = path.with_name(f".{path.name}.part")
    with staging.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows([_text(value) for value in astuple(point)] for point in rows)
    staging.replace(path)


def _text(value: float | str) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.7g}"
    return str(value)
