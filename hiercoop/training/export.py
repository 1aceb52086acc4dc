"""A training's best networks as a policy bundle."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import torch
from pydantic import JsonValue
from torch import nn

from hiercoop.config.training import TrainingConfig
from hiercoop.execution.bundle import Manifest, PolicyBundle, make_bundle, write_bundle
from hiercoop.execution.sbs_policy import OUTPUTS
from hiercoop.training.checkpoint import BEST, Progress, load_acting
from hiercoop.training.course import BundleParts
from hiercoop.training.courses import make_course
from hiercoop.training.run_directory import CHECKPOINTS, read_config

OPSET = 17
EXAMPLE_ROWS, EXAMPLE_OTHERS = 2, 2


def export_bundle(run_dir: Path, out_dir: Path, evaluation: dict[str, JsonValue] | None = None) -> PolicyBundle:
    """The bundle of a run's best policy, written to `out_dir`; `evaluation` goes into its manifest as it is.

    InputFileError for a directory without a run, TrainingError for an unusable checkpoint.
    """
    config = read_config(run_dir)
    course = make_course(config)
    progress = load_acting(run_dir / CHECKPOINTS / BEST, course.acting)
    parts = course.bundle_parts()
    manifest = Manifest(
        scenario=config.scenario.name,
        scenario_digest=config.scenario.digest(),
        dimensions=parts.dimensions,
        algorithm=config.algorithm,
        actions="argmax",
        terminations="sampled",
        max_option_slots=parts.max_option_slots,
        default_option=parts.default_option,
        training=_training_record(config, progress),
        evaluation=evaluation or {},
    )
    bundle = make_bundle(manifest, sbs_onnx(parts), edge_onnx(parts))
    write_bundle(bundle, out_dir)
    return bundle


def sbs_onnx(parts: BundleParts) -> bytes:
    """`sbs.onnx` of this policy (docs/architecture.md)."""
    sizes, rows = parts.dimensions, EXAMPLE_ROWS
    choices = (rows, sizes.vehicles, sizes.choices)
    inputs = {
        "local": torch.zeros(rows, sizes.observation),
        "mask": torch.ones(choices, dtype=torch.bool),
        "option": torch.zeros(rows, dtype=torch.long),
        "noise": torch.zeros(choices),
        "hold": torch.zeros(rows),
        "memory": torch.zeros(rows, sizes.memory),
        "present_share": torch.ones(rows),
    }
    return _export(parts.sbs, inputs, list(OUTPUTS), {})


def edge_onnx(parts: BundleParts) -> bytes:
    """`edge.onnx` of this policy (docs/architecture.md)."""
    sizes, rows, others = parts.dimensions, EXAMPLE_ROWS, EXAMPLE_OTHERS
    inputs = {
        "features": torch.zeros(rows, sizes.features),
        "code": torch.zeros(rows, sizes.code),
        "other_features": torch.zeros(rows, others, sizes.features),
        "other_option": torch.zeros(rows, others, dtype=torch.long),
        "other_age": torch.zeros(rows, others),
        "other_distance": torch.zeros(rows, others),
        "other_place": torch.zeros(rows, others, dtype=torch.long),
        "place_at_other": torch.zeros(rows, others, dtype=torch.long),
        "other_mask": torch.zeros(rows, others),
        "hold": torch.zeros(rows),
    }
    others_axis = {name: {1: "other"} for name in inputs if "other" in name}
    return _export(parts.edge, inputs, ["values"], others_axis)


def _export(
    graph: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], more_axes: dict[str, dict[int, str]]
) -> bytes:
    axes = {name: {0: "row"} | more_axes.get(name, {}) for name in (*inputs, *outputs)}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "graph.onnx"
        # The exporter by tracing gives the smaller graph here; torch announces its end at every call.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            graph.eval(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        return path.read_bytes()


def _training_record(config: TrainingConfig, progress: Progress) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "iteration": progress.best_iteration,
        "validation_score": progress.best_score,
        "config": config.model_dump(mode="json", exclude={"scenario"}),
    }
    return record
