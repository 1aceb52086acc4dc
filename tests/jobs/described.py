"""Small jobs for tests."""

from __future__ import annotations

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import load_training
from hiercoop.jobs.description import EvaluateJob, TrainJob

SCENARIO = ScenarioConfig(episode_slots=20)


def evaluation(seed: int = 1, **changes: object) -> EvaluateJob:
    """A fraction of a second's work."""
    return EvaluateJob.model_validate({"policy": "random", "scenario": SCENARIO, "episodes": 4, "seed": seed, **changes})


def training(seed: int = 1, *settings: str) -> TrainJob:
    """A few seconds' work."""
    small = (
        "iterations=2",
        "num_envs=2",
        "validation.num_envs=2",
        "validation.every_iterations=1",
        "checkpoint_every_iterations=1",
    )
    return TrainJob(config=load_training("tiny", SCENARIO, seed, settings=[*small, *settings]))
