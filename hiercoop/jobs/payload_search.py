"""A search for the payload at which a policy delivers to a given share of the links."""

from __future__ import annotations

import numpy as np

from hiercoop.errors import ConfigError
from hiercoop.jobs.description import PayloadSearchJob
from hiercoop.jobs.evaluating import make_job_allocator
from hiercoop.jobs.perform import Inputs
from hiercoop.jobs.results import PayloadSearchResult
from hiercoop.training.evaluation import sample_episodes


def perform_payload_search(job: PayloadSearchJob, inputs: Inputs) -> PayloadSearchResult:
    """By bisection: delivery falls as payloads grow. ConfigError where the bounds do not hold the wanted share."""
    tried: list[tuple[float, float]] = []

    def delivers_enough(payload_bytes: float) -> bool:
        tried.append((payload_bytes, _delivery_success(job, payload_bytes, inputs)))
        return tried[-1][1] >= job.delivery_success

    low_bytes, high_bytes = job.bounds_bytes
    if not delivers_enough(low_bytes) or delivers_enough(high_bytes):
        raise ConfigError(
            f"bounds_bytes={list(job.bounds_bytes)} deliver {tried[0][1]:.3f} to {tried[-1][1]:.3f}, which does not hold "
            f"delivery_success={job.delivery_success}; widen them"
        )
    while high_bytes - low_bytes > job.tolerance_bytes:
        middle_bytes = (low_bytes + high_bytes) / 2.0
        if delivers_enough(middle_bytes):
            low_bytes = middle_bytes
        else:
            high_bytes = middle_bytes
    return PayloadSearchResult(payload_bytes=(low_bytes + high_bytes) / 2.0, tried=tuple(tried))


def _delivery_success(job: PayloadSearchJob, payload_bytes: float, inputs: Inputs) -> float:
    traffic = job.scenario.traffic.model_copy(update={"payload_bytes": payload_bytes, "full_buffer": False})
    scenario = job.scenario.model_copy(update={"traffic": traffic})
    samples = sample_episodes(scenario, make_job_allocator(job, scenario, inputs), job.episodes, job.seed)
    return float(np.nanmean(samples.metrics["delivery_success"]))
