"""All figures by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from hiercoop.errors import ConfigError
from hiercoop.figures import (
    by_payload,
    distributions,
    frontier,
    learning_curves,
    options_payload,
    report_interval,
    sweeps,
    switch,
)
from hiercoop.figures.cases import Case, case_jobs, case_rows
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings
from hiercoop.figures.rows import Row
from hiercoop.figures.study import StudyConfig
from hiercoop.jobs.description import Job

SUM_CAPACITY = "sum capacity, full buffers\n[Mbit/s]"
DELIVERED = "share of links delivered"
GAIN = "gain in {}\nover local search [%]"


@dataclass(frozen=True)
class FigureSpec:
    """One figure: the work behind it, what its CSV says, and how it is drawn."""

    name: str
    shows: str
    jobs: Callable[[StudyConfig], Sequence[Job]]
    rows: Callable[[StudyConfig, Findings], list[Row]]
    draw: Callable[[StudyConfig, list[Row]], Figure]


def _of_cases(
    name: str, shows: str, cases: Callable[[StudyConfig], list[Case]], draw: Callable[[StudyConfig, list[Row]], Figure]
) -> FigureSpec:
    return FigureSpec(
        name,
        shows,
        lambda study: case_jobs(study, cases(study)),
        lambda study, findings: case_rows(study, cases(study), findings),
        draw,
    )


def _sweep(name: str, shows: str, cases: Callable[[StudyConfig], list[Case]], *panels: Panel) -> FigureSpec:
    return _of_cases(name, shows, cases, lambda study, rows: draw_panels(rows, panels))


FIGURES = (
    _of_cases(
        "capacity-payload",
        "Fig. 3: link capacity and goodput against payload, sum capacity with full buffers",
        by_payload.capacity_cases,
        by_payload.draw_capacity,
    ),
    _of_cases(
        "delivery-payload", "Fig. 4: delivery success against payload", by_payload.delivery_cases, by_payload.draw_delivery
    ),
    FigureSpec(
        "reward-episodes",
        "Fig. 5: reward against training episodes",
        learning_curves.curve_jobs,
        learning_curves.curve_rows,
        learning_curves.draw_curves,
    ),
    FigureSpec(
        "options-payload",
        "Fig. 6: which options are in force, against payload",
        options_payload.option_jobs,
        options_payload.option_rows,
        options_payload.draw_options,
    ),
    FigureSpec(
        "frontier",
        "sum capacity against signalling bytes, every scheme",
        frontier.frontier_jobs,
        frontier.frontier_rows,
        frontier.draw_frontier,
    ),
    FigureSpec(
        "cdf",
        "distributions of link capacity and time to deliver",
        distributions.distribution_jobs,
        distributions.distribution_rows,
        distributions.draw_distributions,
    ),
    _sweep(
        "speed",
        "sum capacity against speed under correlated fading",
        sweeps.speed_cases,
        Panel("jakes", "speed [m/s], Jakes fading", SUM_CAPACITY),
        Panel("ar1", "speed [m/s], AR(1) fading", SUM_CAPACITY),
    ),
    _sweep(
        "cells",
        "capacity per SBS and delivery against the number of SBSs",
        sweeps.cell_cases,
        Panel("capacity", "number of SBSs", "sum capacity per SBS,\nfull buffers [Mbit/s]"),
        Panel("delivery", "number of SBSs", DELIVERED, is_share=True),
    ),
    _sweep(
        "bandwidth",
        "sum capacity and spectral efficiency against bandwidth",
        sweeps.bandwidth_cases,
        Panel("capacity", "bandwidth of a sub-band [MHz]", SUM_CAPACITY, x_scale="log", x_ticks=(0.25, 0.5, 1.0, 2.0, 4.0)),
        Panel(
            "efficiency",
            "bandwidth of a sub-band [MHz]",
            "spectral efficiency\n[bit/s/Hz]",
            x_scale="log",
            x_ticks=(0.25, 0.5, 1.0, 2.0, 4.0),
        ),
    ),
    _sweep(
        "fading",
        "sum capacity under each fading model",
        sweeps.fading_cases,
        Panel("capacity", "fading model", SUM_CAPACITY, "points"),
    ),
    _sweep(
        "uneven",
        "delivery where cells have different payloads",
        sweeps.uneven_cases,
        Panel(
            "delivery",
            "payload in the last cell over the first",
            DELIVERED,
            x_scale="log",
            x_ticks=(1, 3, 9, 27),
            is_share=True,
        ),
        Panel(
            "gain",
            "payload in the last cell over the first",
            GAIN.format("delivery"),
            x_scale="log",
            x_ticks=(1, 3, 9, 27),
            has_zero=True,
        ),
    ),
    _sweep(
        "density",
        "gain over local search against the density of SBSs",
        sweeps.density_cases,
        Panel(
            "gain",
            "SBSs per km of street",
            GAIN.format("sum capacity"),
            x_scale="log",
            x_ticks=(2.5, 5, 10, 20, 40),
            has_zero=True,
        ),
        Panel(
            "delivery gain",
            "SBSs per km of street",
            GAIN.format("delivery"),
            x_scale="log",
            x_ticks=(2.5, 5, 10, 20, 40),
            has_zero=True,
        ),
    ),
    FigureSpec(
        "report-interval",
        "gain over local search against report interval and speed, with its bytes",
        report_interval.interval_jobs,
        report_interval.interval_rows,
        report_interval.draw_intervals,
    ),
    _sweep(
        "ablations",
        "HierCoop with one part left out",
        sweeps.ablation_cases,
        Panel("capacity", "sum capacity, full buffers [Mbit/s]", "", "ranking"),
        Panel("delivery", DELIVERED, "", "ranking"),
    ),
    FigureSpec(
        "switch",
        "options and deliveries around a switch of payload",
        switch.switch_jobs,
        switch.switch_rows,
        switch.draw_switch,
    ),
)


def figures_named(names: Sequence[str]) -> list[FigureSpec]:
    """These figures, or all where none is named; ConfigError for a name that there is not."""
    known = {figure.name: figure for figure in FIGURES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"figure {unknown[0]!r} is unknown; choose from {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(FIGURES)
