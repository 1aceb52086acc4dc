"""From names of figures to files: plan, work, draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hiercoop.figures.catalogue import FigureSpec
from hiercoop.figures.files import write_figure
from hiercoop.figures.findings import Findings
from hiercoop.figures.study import StudyConfig
from hiercoop.jobs.description import Job
from hiercoop.jobs.estimate import remaining_seconds
from hiercoop.jobs.schedule import with_needs
from hiercoop.jobs.store import ResultStore


@dataclass(frozen=True)
class Plan:
    """What has to be done for a set of figures."""

    jobs: list[Job]
    """Each once, also where several figures share it, and with the trainings that they need."""
    num_finished: int
    seconds: float
    """Estimated wall time of the rest."""


def plan_figures(figures: Sequence[FigureSpec], study: StudyConfig, store: ResultStore, workers: int) -> Plan:
    """The work behind these figures."""
    jobs = with_needs(job for figure in figures for job in figure.jobs(study))
    return Plan(jobs, sum(map(store.has, jobs)), remaining_seconds(jobs, store, workers))


def draw_figures(
    figures: Sequence[FigureSpec], study: StudyConfig, store: ResultStore, out_dir: Path
) -> dict[str, dict[str, object]]:
    """Draws each from whatever results are there, and says by name where it lies and how many points it has.

    A figure without any point is not drawn.
    """
    made: dict[str, dict[str, object]] = {}
    findings = Findings(store)
    for figure in figures:
        rows = figure.rows(study, findings)
        files = write_figure(out_dir, figure.name, figure.draw(study, rows), rows) if rows else []
        made[figure.name] = {"shows": figure.shows, "points": len(rows), "files": [str(path) for path in files]}
    return made
