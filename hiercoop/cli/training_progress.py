"""How far a training is and how fast it goes: a bar on a terminal, elsewhere a log line now and then; both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from hiercoop.logs import get_logger

LOG_EVERY_S = 10.0
SCORE = "validation_score"

OnIteration = Callable[[int, int, Mapping[str, float]], None]
"""Iterations done, iterations in all, the iteration's metrics."""


class Pace:
    """Throughput since the start, the time that is left at it, and the latest score."""

    def __init__(self, slots_per_iteration: int) -> None:
        self.slots_per_s = 0.0
        self.left_s = 0.0
        self.score: float | None = None
        self._slots_per_iteration = slots_per_iteration
        self._begin_s = time.perf_counter()
        self._iterations = 0

    def note(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Takes in one more iteration."""
        self._iterations += 1
        iteration_s = (time.perf_counter() - self._begin_s) / self._iterations
        self.slots_per_s = self._slots_per_iteration / iteration_s
        self.left_s = (total - done) * iteration_s
        self.score = metrics.get(SCORE, self.score)


@contextmanager
def training_progress(total: int, slots_per_iteration: int) -> Iterator[OnIteration]:
    """What is to be told of each iteration; `slots_per_iteration` counts the slots of all environments."""
    pace = Pace(slots_per_iteration)
    if not sys.stderr.isatty():
        yield _log_lines(pace)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("iterations"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training", total=total, pace="")

        def move(done: int, total: int, metrics: Mapping[str, float]) -> None:
            pace.note(done, total, metrics)
            progress.update(task, completed=done, pace=_words(pace))

        yield move


def _log_lines(pace: Pace) -> OnIteration:
    logger = get_logger(__name__)
    next_s = 0.0

    def note(done: int, total: int, metrics: Mapping[str, float]) -> None:
        nonlocal next_s
        pace.note(done, total, metrics)
        if time.perf_counter() < next_s and done < total:
            return
        next_s = time.perf_counter() + LOG_EVERY_S
        logger.info(
            "training",
            iteration=done,
            iterations=total,
            slots_per_s=round(pace.slots_per_s),
            left_s=round(pace.left_s),
            score=pace.score,
            reward=metrics.get("reward"),
        )

    return note


def _words(pace: Pace) -> str:
    score = "" if pace.score is None else f", score {pace.score:.3f}"
    return f"{pace.slots_per_s:,.0f} slots/s, {timedelta(seconds=round(pace.left_s))} left{score}"
