"""How long jobs will take: from those of their kind that are finished, else from what was measured once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hiercoop.jobs.description import EvaluateJob, Job, PayloadSearchJob, SwitchJob, TrainJob
from hiercoop.jobs.store import ResultStore

SECONDS_PER_MILLION = {
    "train": 200.0,
    "train hiercoop": 180.0,
    "train qmix scorer": 700.0,
    "train qmix mlp": 175.0,
    "train maddpg scorer": 340.0,
    "train maddpg mlp": 150.0,
    "train ppo scorer": 105.0,
    "train ppo mlp": 50.0,
    "evaluate": 31.0,
    "evaluate random": 10.0,
    "evaluate greedy-bound": 5.0,
    "evaluate local-search": 24.0,
    "evaluate band-plan": 24.0,
    "evaluate best-response": 90.0,
    "evaluate best-response-delayed": 105.0,
    "evaluate best-response-payload": 100.0,
    "payload-search": 100.0,
    "switch": 560.0,
}
"""Processor time for a million cell-slots, three cells and the sizes of the `fast` preset (docs/results/figures.md)."""
OVERHEAD_S = {"train": 4.0, "evaluate": 0.3, "switch": 0.3, "payload-search": 0.3}
"""Beside that for each job: networks made, validated and exported, sessions opened, files written."""
TRIALS = 10
"""Payloads that a search tries, about."""


def remaining_seconds(jobs: Iterable[Job], store: ResultStore, workers: int) -> float:
    """Wall time until all jobs are finished [s], if all workers are kept busy."""
    wanted = list(jobs)
    measured = seconds_per_million((job for job in wanted if store.has(job)), store)
    left = [job for job in wanted if not store.has(job)]
    return sum(_seconds(job, measured) for job in left) / workers


def millions(job: Job) -> float:
    """The job's size in millions of cell-slots."""
    match job:
        case TrainJob(config=config):
            return config.iterations * config.num_envs * config.scenario.episode_slots * config.scenario.num_sbs / 1e6
        case EvaluateJob(scenario=scenario):
            return job.episodes * scenario.episode_slots * scenario.num_sbs / 1e6
        case SwitchJob(scenario=scenario):
            return sum(job.rounds) * scenario.episode_slots * scenario.num_sbs / 1e6
        case PayloadSearchJob(scenario=scenario):
            return TRIALS * job.episodes * scenario.episode_slots * scenario.num_sbs / 1e6


def seconds_per_million(finished: Iterable[Job], store: ResultStore) -> dict[str, float]:
    """What finished jobs took [s] for a million cell-slots, by sort."""
    seconds: dict[str, float] = defaultdict(float)
    size: dict[str, float] = defaultdict(float)
    for job in finished:
        seconds[sort_of(job)] += store.seconds(job)
        size[sort_of(job)] += millions(job)
    return {sort: seconds[sort] / size[sort] for sort in seconds}


def sort_of(job: Job) -> str:
    """Jobs of one sort take as long for their size: kind, and the algorithm with its form, or the policy."""
    match job:
        case TrainJob(config=config):
            return " ".join(("train", config.algorithm, str(config.hyperparameters.get("form", "")))).rstrip()
        case EvaluateJob(policy=str(policy)):
            return f"evaluate {policy}"
        case _:
            return job.kind


def _seconds(job: Job, measured: dict[str, float]) -> float:
    sort = sort_of(job)
    if sort in measured:
        return measured[sort] * millions(job)
    committed = SECONDS_PER_MILLION.get(sort) or SECONDS_PER_MILLION[job.kind]
    return OVERHEAD_S[job.kind] + committed * millions(job)
