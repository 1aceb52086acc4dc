"""No policy that learns beats enumeration on 2 SBSs x 2 vehicles x 2 sub-bands in any slot, at the start or trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.exhaustive import Exhaustive
from hiercoop.config.load import load_scenario
from hiercoop.config.training import AlgorithmName, TrainingConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.course import Course
from hiercoop.training.courses import make_course
from hiercoop.training.curriculum import Lesson

TINY = load_scenario(
    "urban-grid",
    settings=["num_sbs=2", "num_vehicles_per_sbs=2", "radio.num_bands=2", "traffic.full_buffer=true", "episode_slots=10"],
)
NUM_ENVS, JUDGED_SEED, ITERATIONS = 16, 31, 3
ON_TERMINATION, EVERY_SLOT = 0, 1
HIERCOOP = {"critic": {"updates": 4, "batch_size": 64}, "actor": {"share": 1.0}}
FLAT: list[tuple[AlgorithmName, str]] = [
    (algorithm, form) for algorithm in ("qmix", "maddpg", "ppo") for form in ("mlp", "scorer")
]
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def optimum_bps() -> np.ndarray:
    """The best joint choice's sum capacity by slot and environment. Buffers are full: channels do not depend on choices."""
    env, exhaustive = HetNetEnv(TINY, NUM_ENVS, JUDGED_SEED), Exhaustive(TINY)
    observation, best = env.reset(), []
    for _ in range(TINY.episode_slots):
        outcome = env.step(exhaustive.allocate(observation, env.channel_state()))
        best.append(outcome.measurement.capacity_bps.sum(axis=1))
        observation = outcome.observation
    return np.array(best)


def course_of(algorithm: AlgorithmName, **hyperparameters: object) -> Course:
    return make_course(TrainingConfig(scenario=TINY, algorithm=algorithm, seed=7, hyperparameters=hyperparameters))


def train(course: Course, report_period: int = ON_TERMINATION) -> None:
    generator = torch.Generator().manual_seed(1)
    for iteration in range(ITERATIONS):
        lesson = Lesson(TINY, np.full(TINY.num_links, 1e4), report_period, seed=100 + iteration)
        course.iterate(lesson, NUM_ENVS, iteration / ITERATIONS, generator)


def reached_bps(course: Course, report_period: int = ON_TERMINATION) -> np.ndarray:
    env = HetNetEnv(TINY, NUM_ENVS, JUDGED_SEED)
    return course.play(env, report_period, torch.Generator().manual_seed(2)).capacity_bps.numpy()


def is_never_above(reached: np.ndarray, optimum: np.ndarray) -> bool:
    return bool((reached <= optimum * (1.0 + ROUNDING)).all())


@pytest.mark.parametrize("report_period", [ON_TERMINATION, EVERY_SLOT], ids=["on termination", "every slot"])
def test_hiercoop_never_beats_enumeration(report_period: int, optimum_bps: np.ndarray) -> None:
    course = course_of("hiercoop", **HIERCOOP)
    assert is_never_above(reached_bps(course, report_period), optimum_bps)
    train(course, report_period)
    assert is_never_above(reached_bps(course, report_period), optimum_bps)


@pytest.mark.parametrize(("algorithm", "form"), FLAT)
def test_flat_policies_never_beat_enumeration(algorithm: AlgorithmName, form: str, optimum_bps: np.ndarray) -> None:
    course = course_of(algorithm, form=form)
    assert is_never_above(reached_bps(course), optimum_bps)
    train(course)
    assert is_never_above(reached_bps(course), optimum_bps)


@pytest.mark.parametrize(("algorithm", "settings"), [("hiercoop", HIERCOOP), ("qmix", {}), ("maddpg", {}), ("ppo", {})])
def test_policies_that_begin_with_a_lead_reach_the_optimum_in_some_slots(
    algorithm: AlgorithmName, settings: dict[str, object], optimum_bps: np.ndarray
) -> None:
    """The bound is no loose one: what is compared are the same slots and channels."""
    assert (reached_bps(course_of(algorithm, **settings)) >= optimum_bps * (1.0 - ROUNDING)).mean() > 0.03
