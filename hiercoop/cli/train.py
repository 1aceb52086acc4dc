"""`hiercoop train`: learning, from a preset to a run directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import ScenarioOptions
from hiercoop.errors import ConfigError

if TYPE_CHECKING:
    from hiercoop.config.training import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class TrainOptions(ScenarioOptions):
    """What to learn, on what, and where to keep it."""

    algorithm: Annotated[Literal["hiercoop"], typer.Argument(metavar="ALGORITHM", help="hiercoop.")] = "hiercoop"
    preset: Annotated[str, typer.Option(metavar="NAME", help="fast, paper or tiny.")] = "fast"
    run_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Default: runs/<scenario>/<algorithm>/<utc>-seed<k>.")] = (
        None
    )
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with this run, bit for bit, under its own configuration.")
    ] = None


def train(options: TrainOptions) -> None:
    """Learn a policy.

    --config and --set reach all of the training configuration: --set iterations=100 --set scenario.num_sbs=5.
    """
    from hiercoop.training.run_directory import default_run_directory
    from hiercoop.training.trainer import Watch
    from hiercoop.training.trainer import train as train_policy

    if options.resume is None:
        config = _new_config(options)
        run_dir = options.run_dir or default_run_directory(config)
    else:
        config, run_dir = _stored_config(options, options.resume), options.resume
    with progress_bar("iterations", config.iterations) as moved_to:
        result = train_policy(
            config, run_dir, options.resume is not None, Watch(on_progress=lambda done, total, metrics: moved_to(done))
        )
    write_result(
        {
            "run_dir": str(result.run_dir),
            "iterations": result.iterations,
            "best_iteration": result.best_iteration,
            "best_score": result.best_score,
        },
        options.json,
    )


def _new_config(options: TrainOptions) -> TrainingConfig:
    from hiercoop.config.load import load_scenario
    from hiercoop.config.training import load_training

    return load_training(options.preset, load_scenario(options.scenario), options.seed, options.config, options.settings)


def _stored_config(options: TrainOptions, run_dir: Path) -> TrainingConfig:
    from hiercoop.training.run_directory import read_config

    if options.config is not None or options.settings or options.run_dir is not None:
        raise ConfigError("--resume goes on under the run's own configuration; leave out --config, --set and --run-dir")
    return read_config(run_dir)
