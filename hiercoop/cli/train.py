"""`hiercoop train`: learning, from a preset to a run directory."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.interrupt import EXIT_INTERRUPTED, noted_interrupt
from hiercoop.cli.options import ScenarioOptions
from hiercoop.cli.training_progress import training_progress
from hiercoop.errors import ConfigError

if TYPE_CHECKING:
    from hiercoop.config.training import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class TrainOptions(ScenarioOptions):
    """What to learn, on what, and where to keep it."""

    algorithm: Annotated[
        Literal["hiercoop", "qmix", "maddpg", "ppo"] | None,
        typer.Argument(metavar="ALGORITHM", help="hiercoop (the default), or without options: qmix, maddpg, ppo."),
    ] = None
    preset: Annotated[str, typer.Option(metavar="NAME", help="fast, paper or tiny.")] = "fast"
    run_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Default: runs/<scenario>/<algorithm>/<utc>-seed<k>.")] = (
        None
    )
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with this run, bit for bit, under its own configuration.")
    ] = None
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where networks live and learn; auto: the GPU if there is one.")
    ] = "auto"


def train(options: TrainOptions) -> None:
    """Learn a policy.

    --config and --set reach all of the training configuration: --set iterations=100 --set scenario.num_sbs=5.
    Ctrl-C ends it after the iteration in hand, with a checkpoint from which --resume goes on.
    """
    from hiercoop.training.run_directory import default_run_directory
    from hiercoop.training.trainer import Watch
    from hiercoop.training.trainer import train as train_policy

    if options.resume is None:
        config = _new_config(options)
        run_dir = options.run_dir or default_run_directory(config)
    else:
        config, run_dir = _stored_config(options, options.resume), options.resume
    slots = config.num_envs * config.scenario.episode_slots
    with (
        noted_interrupt("stopping after this iteration; press Ctrl-C again to stop at once") as should_stop,
        training_progress(config.iterations, slots) as on_progress,
    ):
        watch = Watch(on_progress, should_stop)
        result = train_policy(config, run_dir, options.resume is not None, watch, options.device)
    write_result(
        {
            "run_dir": str(result.run_dir),
            "iterations": result.iterations,
            "best_iteration": result.best_iteration,
            "best_score": result.best_score,
        },
        options.json,
    )
    if result.iterations < config.iterations:
        stopped = f"stopped after {result.iterations} of {config.iterations} iterations"
        print(f"hiercoop: {stopped}; go on with: hiercoop train --resume {shlex.quote(str(run_dir))}", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED)


def _new_config(options: TrainOptions) -> TrainingConfig:
    from hiercoop.config.load import load_scenario
    from hiercoop.config.training import load_training

    scenario, algorithm = load_scenario(options.scenario), options.algorithm or "hiercoop"
    return load_training(options.preset, scenario, options.seed, options.config, options.settings, algorithm)


def _stored_config(options: TrainOptions, run_dir: Path) -> TrainingConfig:
    from hiercoop.training.run_directory import read_config

    if options.config is not None or options.settings or options.run_dir is not None:
        raise ConfigError("--resume goes on under the run's own configuration; leave out --config, --set and --run-dir")
    config = read_config(run_dir)
    if options.algorithm not in (None, config.algorithm):
        raise ConfigError(f"the run in {run_dir} trains {config.algorithm!r}, not {options.algorithm!r}; leave the name out")
    return config
