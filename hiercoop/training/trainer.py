"""Training, from a configuration to a run directory with the best policy's networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner, Metrics
from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.load import build
from hiercoop.config.training import TrainingConfig
from hiercoop.errors import TrainingError
from hiercoop.training.checkpoint import (
    BEST,
    LATEST,
    Progress,
    iteration_generator,
    load_training,
    save_networks,
    save_training,
)
from hiercoop.training.curriculum import lesson
from hiercoop.training.replay import Replay
from hiercoop.training.rollout import Behaviour, collect
from hiercoop.training.run_directory import RunDirectory
from hiercoop.training.schedules import linear
from hiercoop.training.validation import validate

OnProgress = Callable[[int, int, Metrics], None]
"""Told after each iteration: iterations done, iterations in all, the iteration's metrics."""


@dataclass(frozen=True)
class TrainingResult:
    """What a training came to."""

    run_dir: Path
    iterations: int
    best_iteration: int
    best_score: float


def train(config: TrainingConfig, run_dir: Path, resume: bool = False, on_progress: OnProgress | None = None) -> TrainingResult:
    """Trains to the last iteration and says which iteration's policy validated best; both are kept as checkpoints.

    `resume` goes on from the last checkpoint, bit for bit as if there had been no interruption. ConfigError for unknown
    hyperparameters, InputFileError for a directory in use, TrainingError for a loss that is no number.
    """
    hyper = build(HierCoopConfig, dict(config.hyperparameters))
    config = config.model_copy(update={"hyperparameters": hyper.model_dump(mode="json")})
    torch.set_num_threads(config.num_threads)
    directory = RunDirectory(run_dir)
    learner, replay = make_learner(config, hyper), Replay(hyper.critic.replay_rollouts)
    progress = Progress(0, 0, -math.inf, 0)
    if resume:
        progress = load_training(directory.checkpoints / LATEST, learner, replay)
        directory.cut_metrics(progress.iteration)
    else:
        directory.create(config)
    log = directory.open_metrics()
    try:
        for iteration in range(progress.iteration, config.iterations):
            metrics = train_iteration(config, learner, replay, iteration)
            done = iteration + 1
            is_last = done == config.iterations
            if is_last or done % config.validation.every_iterations == 0:
                judged = validate(learner.networks, config, hyper.option.max_option_slots)
                metrics |= {f"validation_{name}": value for name, value in judged.items()}
                if judged["score"] > progress.best_score:
                    progress = Progress(done, done, judged["score"], int(judged["favourite_option"]))
                    save_networks(directory.checkpoints / BEST, learner.networks, progress)
            progress = replace(progress, iteration=done)
            log.write(iteration, metrics)
            if is_last or done % config.checkpoint_every_iterations == 0:
                save_training(directory.checkpoints / LATEST, learner, replay, progress)
                directory.write_status("done" if is_last else "running", done, {"best_score": progress.best_score})
            if on_progress is not None:
                on_progress(done, config.iterations, metrics)
    except TrainingError as error:
        directory.write_status("failed", progress.iteration, {"error": str(error)})
        raise
    finally:
        log.close()
    return TrainingResult(run_dir, progress.iteration, progress.best_iteration, progress.best_score)


def train_iteration(config: TrainingConfig, learner: HierCoopLearner, replay: Replay, iteration: int) -> Metrics:
    """One iteration: fresh delivery rounds, option values and terminations from replay, policies from the fresh rounds."""
    hyper = learner.config
    progress = iteration / config.iterations
    generator = iteration_generator(config.seed, iteration)
    option = hyper.option
    epsilon = linear(option.epsilon_start, option.epsilon_end, option.epsilon_anneal_share, progress)
    task = lesson(config, iteration)
    behaviour = Behaviour(
        epsilon=epsilon,
        samples_choices=True,
        max_option_slots=option.max_option_slots,
        num_alternatives=hyper.actor.num_alternatives,
        is_joint=task.is_joint,
    )
    rollout = collect(task.make_env(config.num_envs), learner.networks, behaviour, generator)
    replay.add(rollout)
    metrics: Metrics = {
        "epsilon": epsilon,
        "reward": rollout.reward.double().mean().item(),
        "sum_capacity_mbps": rollout.capacity_bps.double().mean().item() / 1e6,
        "reports_per_slot": rollout.has_ended.double().sum(-1).mean().item(),
    }
    for _ in range(hyper.critic.updates):
        metrics |= learner.update_critic(replay.sample(hyper.critic.batch_size, generator), generator)
    return metrics | learner.update_actor(rollout, progress, generator)


def make_learner(config: TrainingConfig, hyper: HierCoopConfig) -> HierCoopLearner:
    """A learner with fresh networks, drawn from the configuration's seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return HierCoopLearner(local_spec(config.scenario), hyper, config.scenario.reward)
