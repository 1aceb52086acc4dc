"""Panels under each other, drawn from rows; what differs between figures is which panels they have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hiercoop.figures.rows import Row, in_panel, series_of
from hiercoop.figures.style import (
    BAND_ALPHA,
    COLUMN_INCHES,
    LEGEND_COLUMNS,
    LEGEND_MARGIN_INCHES,
    LEGEND_ROW_INCHES,
    PANEL_INCHES,
    RC,
    SIDE_INCHES,
    look_of,
    shade_of,
)

Form = Literal["lines", "curves", "points", "ranking", "stack"]
"""lines: markers and bands; curves: bands alone; points: error bars, and x may be a category; ranking: one value a series;
stack: series are parts of a whole."""


@dataclass(frozen=True)
class Panel:
    """One set of axes."""

    name: str
    x_label: str
    y_label: str
    form: Form = "lines"
    x_scale: Literal["linear", "log", "symlog"] = "linear"
    symlog_from: float = 10.0
    """Up to here a symlog axis is linear."""
    x_ticks: tuple[float, ...] = ()
    is_share: bool = False
    """Values lie in 0 to 1."""
    mark_x: float | None = None
    """Where something happens."""
    has_zero: bool = False
    """A line at zero: gains above it, losses below."""


def draw_panels(rows: Sequence[Row], panels: Sequence[Panel]) -> Figure:
    """A figure one column wide, with one legend below all panels."""
    shown = [panel for panel in panels if in_panel(rows, panel.name)]
    with mpl.rc_context(cast("dict[str, object]", dict(RC))):  # type: ignore[arg-type]
        lined = series_of(
            point for panel in shown if panel.form not in ("ranking", "stack") for point in in_panel(rows, panel.name)
        )
        stacked = series_of(point for panel in shown if panel.form == "stack" for point in in_panel(rows, panel.name))
        handles = [*_line_handles(lined), *_patch_handles(stacked)]
        heights = [_height(panel, rows) for panel in shown]
        if len(handles) > 1:
            heights.append(math.ceil(len(handles) / LEGEND_COLUMNS) * LEGEND_ROW_INCHES + LEGEND_MARGIN_INCHES)
        figure = Figure(figsize=(COLUMN_INCHES, sum(heights)), layout=ConstrainedLayoutEngine(w_pad=SIDE_INCHES))
        FigureCanvasAgg(figure)
        # A part each, so that one panel's long labels do not narrow the others.
        parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        for part, panel in zip(parts, shown, strict=False):
            _draw_panel(part.subplots(), panel, in_panel(rows, panel.name), lined)
        if len(handles) > 1:
            parts[-1].legend(handles=handles, loc="center", ncols=LEGEND_COLUMNS, columnspacing=1.0, labelspacing=0.25)
        figure.draw_without_rendering()
    return figure


def _draw_panel(axis: Axes, panel: Panel, rows: list[Row], lined: list[str]) -> None:
    match panel.form:
        case "stack":
            _draw_stack(axis, rows)
        case "ranking":
            _draw_ranking(axis, rows)
        case "points":
            _draw_points(axis, rows, lined)
        case _:
            _draw_lines(axis, rows, lined, has_markers=panel.form == "lines")
    axis.set_xlabel(panel.x_label)
    axis.set_ylabel(panel.y_label)
    if panel.x_scale == "symlog":
        axis.set_xscale("symlog", linthresh=panel.symlog_from, linscale=0.5)
        axis.set_xlim(left=-0.1 * panel.symlog_from)
    elif panel.x_scale == "log":
        axis.set_xscale("log")
    if panel.x_ticks:
        largest = max(float(point.x) for point in rows)
        ticks = [tick for tick in panel.x_ticks if tick <= largest]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
    if panel.form == "ranking":
        axis.set_xlim(*_limits(rows))
    elif panel.form != "stack":
        axis.set_ylim(*((-0.02, 1.02) if panel.is_share else _limits(rows)))
    if panel.has_zero:
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, 0.0), max(high, 0.0))
        axis.axhline(0.0, color="#000000", linewidth=0.6, zorder=1)
    if panel.mark_x is not None:
        axis.axvline(panel.mark_x, color="#000000", linewidth=0.6, linestyle="--", zorder=1)


def _draw_lines(axis: Axes, rows: list[Row], lined: list[str], has_markers: bool) -> None:
    # The first series is whom the figure is about: it is drawn last, on top of the others.
    for series in reversed(series_of(rows)):
        look = look_of(series, lined.index(series))
        points = sorted((point for point in rows if point.series == series), key=lambda point: float(point.x))
        x = np.array([float(point.x) for point in points])
        lo, hi = _bounds(points)
        axis.plot(
            x,
            [point.mean for point in points],
            look.line,
            color=look.colour,
            marker=look.marker if has_markers else "",
            label=look.label,
        )
        axis.fill_between(x, lo, hi, color=look.colour, alpha=BAND_ALPHA, linewidth=0.0)


def _draw_points(axis: Axes, rows: list[Row], lined: list[str]) -> None:
    """Single points with error bars; categories stand side by side, their series a little apart."""
    categories = list(dict.fromkeys(point.x for point in rows)) if any(isinstance(point.x, str) for point in rows) else []
    names = series_of(rows)
    for place, series in enumerate(names):
        look = look_of(series, lined.index(series))
        points = [point for point in rows if point.series == series]
        if not categories:
            points.sort(key=lambda point: float(point.x))
        shift = (place - (len(names) - 1) / 2.0) * 0.7 / max(len(names), 1)
        x = [categories.index(point.x) + shift if categories else float(point.x) for point in points]
        lo, hi = _bounds(points)
        mean = np.array([point.mean for point in points])
        line = "" if categories or len(points) == 1 else look.line
        axis.errorbar(
            x,
            mean,
            yerr=np.abs(np.stack([mean - lo, hi - mean])),
            color=look.colour,
            marker=look.marker,
            linestyle=line,
            elinewidth=0.8,
        )
    if categories:
        axis.set_xticks(range(len(categories)), [str(category) for category in categories])
        axis.grid(visible=False, axis="x")


def _draw_ranking(axis: Axes, rows: list[Row]) -> None:
    ranked = sorted(rows, key=lambda point: point.mean)
    for place, point in enumerate(ranked):
        look = look_of(point.series)
        lo, hi = _bounds([point])
        axis.errorbar(
            point.mean, place, xerr=[point.mean - lo, hi - point.mean], color=look.colour, marker=look.marker, elinewidth=1.0
        )
    axis.set_ylim(-0.6, len(ranked) - 0.4)
    axis.set_yticks(range(len(ranked)), [look_of(point.series).label for point in ranked])


def _draw_stack(axis: Axes, rows: list[Row]) -> None:
    names = series_of(rows)
    x = np.array(sorted({float(point.x) for point in rows}))
    base = np.zeros(len(x))
    for rank, series in enumerate(names):
        by_x = {float(point.x): point.mean for point in rows if point.series == series}
        top = base + np.array([by_x.get(value, 0.0) for value in x])
        axis.fill_between(x, base, top, color=shade_of(rank, len(names)), linewidth=0.0)
        base = top
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(0.0, 1.0)


def _bounds(points: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """The interval, closed to the mean itself where there is none."""
    lo = np.array([point.mean if math.isnan(point.lo) else point.lo for point in points])
    hi = np.array([point.mean if math.isnan(point.hi) else point.hi for point in points])
    return lo, hi


def _limits(rows: list[Row]) -> tuple[float, float]:
    """Room for all means, and for intervals unless they are much wider than the means are apart; the CSV has them whole."""
    means = [point.mean for point in rows]
    lo, hi = _bounds(rows)
    span = max(max(means) - min(means), 0.1 * max(map(abs, means)), 1e-9)
    low, high = max(float(lo.min()), min(means) - span), min(float(hi.max()), max(means) + span)
    margin = 0.05 * (high - low) or span
    return low - margin, high + margin


def _height(panel: Panel, rows: Sequence[Row]) -> float:
    if panel.form == "ranking":
        return 0.65 + 0.16 * len(in_panel(rows, panel.name))
    return PANEL_INCHES


def _line_handles(names: list[str]) -> list[Line2D]:
    looks = [look_of(series, index) for index, series in enumerate(names)]
    return [Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.line, label=look.label) for look in looks]


def _patch_handles(names: list[str]) -> list[Patch]:
    return [Patch(color=shade_of(rank, len(names)), label=series) for rank, series in enumerate(names)]
