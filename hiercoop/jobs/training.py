"""A training job: from its configuration to metrics and a bundle."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

from hiercoop.jobs.description import TrainJob
from hiercoop.jobs.results import Samples, TrainResult, as_samples
from hiercoop.training.checkpoint import LATEST
from hiercoop.training.export import export_bundle
from hiercoop.training.run_directory import CHECKPOINTS, METRICS
from hiercoop.training.trainer import train

KEPT_METRICS = ("reward", "sum_capacity_mbps", "reports_per_slot")
"""And all that validation says; the run directory has everything."""


def perform_training(job: TrainJob, run_dir: Path) -> TrainResult:
    """What the training came to; an attempt that was cut short is resumed from its last checkpoint, bit for bit."""
    can_resume = (run_dir / CHECKPOINTS / LATEST).exists()
    if not can_resume:
        shutil.rmtree(run_dir, ignore_errors=True)
    done = train(job.config, run_dir, resume=can_resume)
    bundle = export_bundle(run_dir, run_dir / "bundle")
    return TrainResult(
        run_dir=str(run_dir),
        iterations=done.iterations,
        best_iteration=done.best_iteration,
        best_score=done.best_score,
        episodes_per_iteration=job.config.num_envs,
        metrics=_metrics(run_dir / METRICS),
        files_base64={name: base64.b64encode(content).decode() for name, content in bundle.files.items()},
    )


def _metrics(path: Path) -> dict[str, Samples]:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    told = sorted({name for line in lines for name in line})
    kept = [name for name in told if name in KEPT_METRICS or name.startswith("validation_")]
    return {name: as_samples(line.get(name, float("nan")) for line in lines) for name in kept}
