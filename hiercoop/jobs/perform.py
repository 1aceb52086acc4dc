"""Carries one job out, in whatever process it is asked to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hiercoop.jobs.description import EvaluateJob, Job, PayloadSearchJob, SwitchJob, TrainJob
from hiercoop.jobs.results import Result, TrainResult

Inputs = Mapping[str, TrainResult]
"""Results of the jobs that a job needs, by name."""


def perform(job: Job, inputs: Inputs, run_dir: Path) -> Result:
    """The job's result; a training works in `run_dir` and goes on from what an earlier attempt left there.

    Raises what the work raises: every HierCoopError is a job that failed, not one to try again.
    """
    match job:
        case TrainJob():
            # Only trainings need torch, and only switches the emulation.
            from hiercoop.jobs.training import perform_training

            return perform_training(job, run_dir)
        case EvaluateJob():
            from hiercoop.jobs.evaluating import perform_evaluation

            return perform_evaluation(job, inputs)
        case SwitchJob():
            from hiercoop.jobs.switching import perform_switch

            return perform_switch(job, inputs)
        case PayloadSearchJob():
            from hiercoop.jobs.payload_search import perform_payload_search

            return perform_payload_search(job, inputs)
