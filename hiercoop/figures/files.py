"""A figure on disk: PDF, PNG and CSV, whole, and the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from hiercoop.figures.rows import Row, write_csv
from hiercoop.figures.style import RC

NO_DATES = {
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
"""What would change from one day or version to the next."""


def write_figure(out_dir: Path, name: str, figure: Figure, rows: Sequence[Row]) -> list[Path]:
    """Writes name.pdf, name.png and name.csv, and says where."""
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, metadata in NO_DATES.items():
        path = out_dir / f"{name}.{suffix}"
        staging = path.with_name(f".{path.name}.part")
        with mpl.rc_context(dict(RC)):  # type: ignore[arg-type]
            figure.savefig(staging, format=suffix, metadata=metadata)
        staging.replace(path)
        written.append(path)
    write_csv(out_dir / f"{name}.csv", rows)
    return [*written, out_dir / f"{name}.csv"]
