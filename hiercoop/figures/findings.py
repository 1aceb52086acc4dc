"""Estimates from the results of jobs: what is missing, because a job failed, counts nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float64

from hiercoop.figures.rows import Over
from hiercoop.figures.statistics import Estimate, t_interval
from hiercoop.jobs.description import EvaluateJob, Job, SwitchJob, TrainJob
from hiercoop.jobs.results import EvaluateResult, SwitchResult, TrainResult, as_array
from hiercoop.jobs.store import ResultStore

Episodes = Float64[np.ndarray, "episode"]
Measure = Callable[[EvaluateResult], Episodes]
"""One value an episode."""
JobType = TypeVar("JobType", TrainJob, EvaluateJob, SwitchJob)


class Findings:
    """Results by job, each read once."""

    def __init__(self, store: ResultStore) -> None:
        self._store = store
        self._evaluations: dict[str, EvaluateResult] = {}

    def evaluations(self, jobs: Sequence[EvaluateJob]) -> list[EvaluateResult]:
        """Those that are there, in the order of the jobs."""
        return [self._evaluation(job) for job in self._there(jobs)]

    def trainings(self, jobs: Sequence[TrainJob]) -> list[TrainResult]:
        """Those that are there."""
        return [self._store.read(job, TrainResult) for job in self._there(jobs)]

    def switches(self, jobs: Sequence[SwitchJob]) -> list[SwitchResult]:
        """Those that are there."""
        return [self._store.read(job, SwitchResult) for job in self._there(jobs)]

    def estimate(self, jobs: Sequence[EvaluateJob], measure: Measure) -> Estimate | None:
        """Over trainings for what is learned (each the mean of its episodes), over episodes for a baseline."""
        values = [measure(result) for result in self.evaluations(jobs)]
        if not values:
            return None
        if over(jobs) == "training seeds":
            return t_interval(np.array([mean_of(value) for value in values]))
        return t_interval(values[0])

    def gain_percent(self, jobs: Sequence[EvaluateJob], against: Sequence[EvaluateJob], measure: Measure) -> Estimate | None:
        """By how much a policy is above a baseline on the same episodes [%], episode by episode, over the baseline's mean."""
        references = self.evaluations(against)
        if not references:
            return None
        reference = measure(references[0])
        # What is nothing has no percentages.
        if mean_of(reference) == 0.0:
            return None

        def gain(result: EvaluateResult) -> Episodes:
            return 100.0 * (measure(result) - reference) / mean_of(reference)

        return self.estimate(jobs, gain)

    def _evaluation(self, job: EvaluateJob) -> EvaluateResult:
        if job.name not in self._evaluations:
            self._evaluations[job.name] = self._store.read(job, EvaluateResult)
        return self._evaluations[job.name]

    def _there(self, jobs: Sequence[JobType]) -> list[JobType]:
        return [job for job in jobs if self._store.has(job)]


def over(jobs: Sequence[Job]) -> Over:
    """What the interval of an estimate from these jobs is over."""
    return "training seeds" if any(job.needs for job in jobs) else "episodes"


def metric(name: str, scale: float = 1.0) -> Measure:
    """A metric of `training.round_tally.METRICS`, times `scale`."""
    return lambda result: as_array(result.metrics[name]) * scale


def mean_of(values: Episodes) -> float:
    """Of the values that are numbers; NaN where there is none."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if len(counted) else float("nan")


def signalling(results: Sequence[EvaluateResult], layer: str) -> float:
    """Bytes of a layer per slot, mean over results; NaN where none is known."""
    told = [result.signalling_per_slot[f"{layer}_per_slot"] for result in results]
    return mean_of(np.array([float("nan") if value is None else value for value in told], np.float64))
