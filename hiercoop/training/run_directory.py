"""The directory of a training run: resolved configuration, metrics, TensorBoard events, checkpoints, status."""

from __future__ import annotations

import json
import os
import platform
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch.utils.tensorboard.writer import SummaryWriter

from hiercoop.config.load import build
from hiercoop.config.training import TrainingConfig
from hiercoop.errors import InputFileError
from hiercoop.training.toml_text import toml_text

CONFIG, META, METRICS, STATUS, CHECKPOINTS, EVENTS = (
    "config.toml",
    "meta.json",
    "metrics.jsonl",
    "status.json",
    "checkpoints",
    "events",
)
State = Literal["running", "done", "interrupted", "failed"]


class RunDirectory:
    """Writes what a run leaves behind. `metrics.jsonl` is the source of truth and only grows; all else can be made from it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / CHECKPOINTS

    def create(self, config: TrainingConfig, device: str) -> None:
        """Lays the directory out; InputFileError where a run is there already."""
        if (self.path / CONFIG).exists():
            raise InputFileError(f"{self.path} holds a training run already; resume it or name another directory")
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        _replace(self.path / CONFIG, toml_text(config.model_dump(mode="json", exclude_none=True)))
        meta = {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "scenario_digest": config.scenario.digest(),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "machine": platform.machine(),
            "device": device,
            "num_threads": config.num_threads,
        }
        _replace(self.path / META, json.dumps(meta, indent=2) + "\n")

    def write_status(self, state: State, iteration: int, detail: Mapping[str, float | str | None]) -> None:
        """Says where the run stands after how many iterations."""
        status = {"state": state, "iteration": iteration, **detail}
        _replace(self.path / STATUS, json.dumps(status, indent=2) + "\n")

    def cut_metrics(self, iteration: int) -> None:
        """Drops what an interrupted run wrote after the checkpoint from which it goes on."""
        path = self.path / METRICS
        if not path.exists():
            return
        kept = [line for line in path.read_text().splitlines() if _iteration_of(line) < iteration]
        _replace(path, "".join(line + "\n" for line in kept))

    def sweep(self) -> None:
        """Removes what a killed run was writing."""
        for folder in (self.path, self.checkpoints):
            for unfinished in folder.glob(".*"):
                unfinished.unlink()

    def open_metrics(self, iteration: int) -> MetricsLog:
        """The log of a run in progress, from this iteration on."""
        return MetricsLog(self.path, iteration)


class MetricsLog:
    """Appends a line an iteration to metrics.jsonl, and the same to TensorBoard."""

    def __init__(self, path: Path, iteration: int) -> None:
        self._file = (path / METRICS).open("a", encoding="utf-8")
        # TensorBoard hides what an interrupted run wrote after the checkpoint from which this one goes on.
        self._board = SummaryWriter(str(path / EVENTS), purge_step=iteration)

    def write(self, iteration: int, metrics: dict[str, float]) -> None:
        """One iteration's figures. Wall time stays out, so that equal runs leave equal files."""
        self._file.write(json.dumps({"iteration": iteration, **metrics}) + "\n")
        self._file.flush()
        for name, value in metrics.items():
            self._board.add_scalar(name, value, iteration)

    def close(self) -> None:
        """Closes both."""
        self._file.close()
        self._board.close()


def read_config(run_dir: Path) -> TrainingConfig:
    """The resolved configuration of a run; InputFileError where the directory holds none."""
    path = run_dir / CONFIG
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputFileError(f"{run_dir} holds no training run: {CONFIG}: {error}") from error
    return build(TrainingConfig, tree)


def default_run_directory(config: TrainingConfig, root: Path = Path("runs")) -> Path:
    """runs/<scenario>/<algorithm>/<utc>-seed<k>."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return root / config.scenario.name / config.algorithm / f"{stamp}-seed{config.seed}"


def _iteration_of(line: str) -> int:
    """A last line that was cut off by a crash counts as after any checkpoint."""
    try:
        return int(json.loads(line)["iteration"])
    except (json.JSONDecodeError, KeyError):
        return 2**63


def _replace(path: Path, text: str) -> None:
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    staging.write_text(text, encoding="utf-8")
    staging.replace(path)
