"""Which job runs when: after what it needs, again where it was killed, never where it is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hiercoop.jobs.description import Job
from hiercoop.jobs.engine import End, Engine
from hiercoop.jobs.store import ResultStore
from hiercoop.logs import get_logger

MAX_ATTEMPTS = 3
_log = get_logger(__name__)


@dataclass
class Tally:
    """How far a set of jobs has come."""

    total: int
    found: int
    """Finished before this run began."""
    done: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    """Why each failed job failed, by name; those that needed it among them."""

    @property
    def settled(self) -> int:
        """Jobs that nothing more will be done about."""
        return self.found + self.done + len(self.failures)


OnEnd = Callable[[Tally], None]


def with_needs(jobs: Iterable[Job]) -> list[Job]:
    """The jobs and all that they need, each once, what is needed before what needs it."""
    ordered: dict[str, Job] = {}
    for job in jobs:
        for need in job.needs:
            ordered.setdefault(need.name, need)
        ordered.setdefault(job.name, job)
    return list(ordered.values())


def run_jobs(jobs: Iterable[Job], store: ResultStore, engine: Engine, on_end: OnEnd | None = None) -> Tally:
    """Carries out what the store does not have yet and says what failed; one job's failure stops only those that need it."""
    wanted = with_needs(jobs)
    # Trainings first: they are the longest, and others wait for them.
    waiting = sorted((job for job in wanted if not store.has(job)), key=lambda job: job.kind != "train")
    tally = Tally(total=len(wanted), found=len(wanted) - len(waiting))
    attempts: Counter[str] = Counter()
    running = 0
    while waiting or running:
        for job in _ready(waiting, store)[: engine.capacity - running]:
            waiting.remove(job)
            attempts[job.name] += 1
            engine.start(job)
            running += 1
        if running == 0:
            _give_up(waiting, tally)
            break
        end = engine.next_end()
        running -= 1
        if end.state == "killed" and attempts[end.job.name] < MAX_ATTEMPTS:
            _log.warning("job_killed", job=end.job.name, attempt=attempts[end.job.name], reason=end.reason)
            waiting.insert(0, end.job)
        else:
            _settle(end, attempts[end.job.name], store, tally)
        if on_end is not None:
            on_end(tally)
    return tally


def _ready(waiting: list[Job], store: ResultStore) -> list[Job]:
    return [job for job in waiting if all(store.has(need) for need in job.needs)]


def _settle(end: End, attempts: int, store: ResultStore, tally: Tally) -> None:
    if end.state == "done":
        tally.done += 1
        return
    log = store.log_path(end.job)
    if end.state == "killed":
        reason = f"job {end.job.name} was killed {attempts} times ({end.reason}); see {log}, give it more memory, start again"
    else:
        reason = f"job {end.job.name} failed: {end.reason}; its log is {log}"
    _log.error("job_failed", job=end.job.name, reason=end.reason)
    tally.failures[end.job.name] = reason


def _give_up(waiting: list[Job], tally: Tally) -> None:
    for job in waiting:
        missing = next(need.name for need in job.needs if need.name in tally.failures)
        tally.failures[job.name] = f"job {job.name} was not begun: it needs {missing}, which failed"
