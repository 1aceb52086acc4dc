"""Training, from a configuration to a run directory with the best policy's networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from hiercoop.config.training import TrainingConfig
from hiercoop.errors import TrainingError
from hiercoop.training.checkpoint import BEST, LATEST, Progress, load_training, save_acting, save_training
from hiercoop.training.course import Course, Metrics
from hiercoop.training.courses import make_course, resolve
from hiercoop.training.curriculum import lesson
from hiercoop.training.device import DeviceName, find_device, new_generator, tensors_on
from hiercoop.training.run_directory import CONFIG, RunDirectory, State
from hiercoop.training.validation import validate


@dataclass(frozen=True)
class Watch:
    """How a training is followed from outside, and ended before its time."""

    on_progress: Callable[[int, int, Metrics], None] = lambda done, total, metrics: None
    """Told after each iteration: iterations done, iterations in all, the iteration's metrics."""
    should_stop: Callable[[], bool] = lambda: False
    """Asked after each iteration; where it says so, the training writes a checkpoint and ends."""


@dataclass(frozen=True)
class TrainingResult:
    """What a training came to."""

    run_dir: Path
    iterations: int
    """Done; fewer than configured where the training was stopped."""
    best_iteration: int
    """0: none was validated."""
    best_score: float | None


def train(
    config: TrainingConfig, run_dir: Path, resume: bool = False, watch: Watch | None = None, device: DeviceName = "cpu"
) -> TrainingResult:
    """Trains to the last iteration and says which iteration's policy validated best; both are kept as checkpoints.

    `resume` goes on from the last checkpoint, on the CPU bit for bit as if there had been no interruption. ConfigError for
    unknown hyperparameters or no GPU, InputFileError for a directory in use, TrainingError for values that are no numbers.
    """
    place = find_device(device)
    config = resolve(config)
    torch.set_num_threads(config.num_threads)
    course = make_course(config)
    for part in course.parts.values():
        part.to(place)
    directory = RunDirectory(run_dir)
    if not resume:
        directory.create(config, place.type)
    with tensors_on(place):
        progress = _Training(config, course, directory, watch or Watch()).run()
    best_score = progress.best_score if progress.best_iteration else None
    return TrainingResult(run_dir, progress.iteration, progress.best_iteration, best_score)


class _Training:
    """One course in its run directory, from its last checkpoint on."""

    def __init__(self, config: TrainingConfig, course: Course, directory: RunDirectory, watch: Watch) -> None:
        self._config = config
        self._course = course
        self._directory = directory
        self._watch = watch
        self._latest = directory.checkpoints / LATEST
        self._progress = Progress(0, 0, -math.inf)
        directory.sweep()
        # A run that was killed before its first checkpoint begins again.
        if self._latest.exists():
            self._progress = load_training(self._latest, course)
        else:
            save_training(self._latest, course, self._progress)
        self._kept = self._progress.iteration
        directory.cut_metrics(self._kept)

    def run(self) -> Progress:
        """Where the training stands at its end."""
        self._tell("running")
        log = self._directory.open_metrics(self._kept)
        is_stopping = False
        try:
            while not (self._is_done or is_stopping):
                metrics = self._advance()
                log.write(self._progress.iteration - 1, metrics)
                is_stopping = self._watch.should_stop()
                if is_stopping or self._falls_on_end_of(self._config.checkpoint_every_iterations):
                    self._keep()
                self._watch.on_progress(self._progress.iteration, self._config.iterations, metrics)
        except TrainingError as error:
            raise self._failure(error) from error
        finally:
            log.close()
        self._tell("done" if self._is_done else "interrupted")
        return self._progress

    @property
    def _is_done(self) -> bool:
        return self._progress.iteration >= self._config.iterations

    def _falls_on_end_of(self, every_iterations: int) -> bool:
        return self._is_done or self._progress.iteration % every_iterations == 0

    def _advance(self) -> Metrics:
        """One iteration, and the validation that falls on its end."""
        config, iteration = self._config, self._progress.iteration
        metrics = self._course.iterate(
            lesson(config, iteration), config.num_envs, iteration / config.iterations, _generator(config.seed, iteration)
        )
        self._progress = replace(self._progress, iteration=iteration + 1)
        if self._falls_on_end_of(config.validation.every_iterations):
            metrics |= self._judge()
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise TrainingError(f"{name} is {value}; lower the learning rates")
        return metrics

    def _judge(self) -> Metrics:
        """How the policy validates; the best one so far is kept."""
        judged = validate(self._course, self._config)
        if judged["score"] > self._progress.best_score:
            done = self._progress.iteration
            self._progress = Progress(done, done, judged["score"])
            save_acting(self._directory.checkpoints / BEST, self._course.acting, self._progress)
        return {f"validation_{name}": value for name, value in judged.items()}

    def _keep(self) -> None:
        save_training(self._latest, self._course, self._progress)
        self._kept = self._progress.iteration
        self._tell("running")

    def _failure(self, error: TrainingError) -> TrainingError:
        """Says in the run directory that the training failed, and from where it can go on."""
        iteration = self._progress.iteration
        way_out = f"the checkpoint of iteration {self._kept} is kept, the rates are in {self._directory.path / CONFIG}"
        failure = TrainingError(f"training stopped after {iteration} iterations: {error}; {way_out}")
        self._directory.write_status("failed", iteration, {"checkpoint_iteration": self._kept, "error": str(failure)})
        return failure

    def _tell(self, state: State) -> None:
        best_score = self._progress.best_score if self._progress.best_iteration else None
        self._directory.write_status(state, self._progress.iteration, {"best_score": best_score})


def _generator(seed: int, iteration: int) -> torch.Generator:
    """The generator of one training iteration."""
    # Mixed by odd constants, so that neither neighbouring seeds nor neighbouring iterations share a state.
    return new_generator((seed * 0x9E3779B97F4A7C15 + iteration * 0xD1B54A32D192ED03 + 1) % 2**63)
