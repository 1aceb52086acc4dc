"""`hiercoop figures`: the paper's figures and those that it lacks, from trainings and evaluations that are done once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import DEFAULT_SEED, CommonOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hiercoop.figures.catalogue import FigureSpec
    from hiercoop.figures.study import StudyConfig
    from hiercoop.jobs.store import ResultStore

EXIT_FAILED = 1
SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class FiguresOptions(CommonOptions):
    """Which figures, how large, and who does the work."""

    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Figures to make; default: all.")] = None
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where PDF, PNG and CSV go.")] = Path("figures")
    results: Annotated[Path, typer.Option(metavar="DIR", help="Results of jobs; what lies here is not done again.")] = Path(
        "runs/jobs"
    )
    quick: Annotated[bool, typer.Option("--quick", help="All of it small: few seeds, episodes and points.")] = False
    engine: Annotated[Literal["processes", "ray"], typer.Option(help="Who carries the jobs out.")] = "processes"
    workers: Annotated[int, typer.Option(metavar="N", help="Jobs at a time, one core each.")] = 2
    ray_address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster; default: Ray on this machine alone.")
    ] = None
    is_listing: Annotated[
        bool, typer.Option("--list", help="Name the figures, their jobs and how long they take; make none.")
    ] = False
    find_payloads: Annotated[bool, typer.Option("--find-payloads", help="Measure the ends of the payload axis instead.")] = (
        False
    )


def figures(options: FiguresOptions) -> None:
    """Make figures: PDF, PNG and CSV of each.

    --config and --set reach the whole study: --set episodes=100 --set scenario.radio.fading=jakes --set preset=paper.
    Jobs that are finished are not repeated, so what was interrupted goes on where it was.
    """
    from hiercoop.figures.catalogue import figures_named
    from hiercoop.jobs.store import ResultStore

    store = ResultStore(options.results)
    study = _study(options)
    if options.find_payloads:
        _find_payloads(options, study, store)
        return
    chosen = figures_named(options.names or [])
    if options.is_listing:
        write_result(_listing(chosen, study, store, options.workers), options.json)
        return
    _make(options, chosen, study, store)


def _study(options: FiguresOptions) -> StudyConfig:
    from hiercoop.config.load import build, overlay
    from hiercoop.figures.study import QUICK, StudyConfig

    study = build(StudyConfig, overlay(dict(QUICK) if options.quick else {}, options.config, options.settings))
    return study.shifted(options.seed - DEFAULT_SEED)


def _make(options: FiguresOptions, chosen: Sequence[FigureSpec], study: StudyConfig, store: ResultStore) -> None:
    from hiercoop.figures.make import draw_figures, plan_figures
    from hiercoop.jobs.engines import open_engine
    from hiercoop.jobs.schedule import run_jobs

    plan = plan_figures(chosen, study, store, options.workers)
    print(
        f"{len(chosen)} figures, {len(plan.jobs)} jobs, {plan.num_finished} of them finished; "
        f"about {plan.seconds / SECONDS_PER_MINUTE:.0f} min with {options.workers} workers",
        file=sys.stderr,
    )
    with (
        open_engine(options.engine, store, options.workers, options.ray_address) as engine,
        progress_bar("jobs", len(plan.jobs)) as moved_to,
    ):
        try:
            tally = run_jobs(plan.jobs, store, engine, lambda so_far: moved_to(so_far.settled))
        except KeyboardInterrupt:
            print("hiercoop: stopped; what is finished stays, and the same command goes on from there", file=sys.stderr)
            raise
    made = draw_figures(chosen, study, store, options.out)
    counts = {"total": tally.total, "found": tally.found, "done": tally.done, "failed": len(tally.failures)}
    write_result({"out": str(options.out), "jobs": counts, "figures": made}, options.json)
    for sentence in tally.failures.values():
        print(f"hiercoop: {sentence}", file=sys.stderr)
    if tally.failures:
        raise typer.Exit(EXIT_FAILED)


def _listing(
    chosen: Sequence[FigureSpec], study: StudyConfig, store: ResultStore, workers: int
) -> dict[str, dict[str, object]]:
    from hiercoop.figures.make import plan_figures

    listing: dict[str, dict[str, object]] = {}
    for figure in chosen:
        plan = plan_figures([figure], study, store, workers)
        listing[figure.name] = {"shows": figure.shows, "jobs": len(plan.jobs), "finished": plan.num_finished}
    whole = plan_figures(chosen, study, store, workers)
    listing["all"] = {
        "shows": "jobs that several figures share count once",
        "jobs": len(whole.jobs),
        "finished": whole.num_finished,
        "minutes": round(whole.seconds / SECONDS_PER_MINUTE, 1),
    }
    return listing


def _find_payloads(options: FiguresOptions, study: StudyConfig, store: ResultStore) -> None:
    from hiercoop.figures.payload_axis import payload_axis_jobs
    from hiercoop.jobs.engines import open_engine
    from hiercoop.jobs.results import PayloadSearchResult
    from hiercoop.jobs.schedule import run_jobs

    jobs = payload_axis_jobs(study.scenario)
    with open_engine(options.engine, store, options.workers, options.ray_address) as engine:
        tally = run_jobs(jobs.values(), store, engine)
    for sentence in tally.failures.values():
        print(f"hiercoop: {sentence}", file=sys.stderr)
    if tally.failures:
        raise typer.Exit(EXIT_FAILED)
    found = {end: store.read(job, PayloadSearchResult).payload_bytes for end, job in jobs.items()}
    write_result({"payload_bytes": found}, options.json)
