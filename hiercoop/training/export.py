"""A training's best networks as a policy bundle."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import torch
from pydantic import JsonValue
from torch import nn

from hiercoop.algorithms.hiercoop.config import HierCoopConfig, NetworkConfig
from hiercoop.algorithms.hiercoop.networks import EdgeGraph, HierCoopNetworks, SbsGraph
from hiercoop.config.load import build
from hiercoop.config.training import TrainingConfig
from hiercoop.execution.bundle import Dimensions, Manifest, PolicyBundle, make_bundle, write_bundle
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.training.checkpoint import BEST, Progress, load_networks
from hiercoop.training.run_directory import CHECKPOINTS, read_config
from hiercoop.training.trainer import make_learner

OPSET = 17
EXAMPLE_ROWS, EXAMPLE_OTHERS = 2, 2


def export_bundle(run_dir: Path, out_dir: Path, evaluation: dict[str, JsonValue] | None = None) -> PolicyBundle:
    """The bundle of a run's best policy, written to `out_dir`; `evaluation` goes into its manifest as it is.

    InputFileError for a directory without a run, TrainingError for an unusable checkpoint.
    """
    config = read_config(run_dir)
    hyper = build(HierCoopConfig, dict(config.hyperparameters))
    networks = make_learner(config, hyper).networks
    progress = load_networks(run_dir / CHECKPOINTS / BEST, networks)
    manifest = Manifest(
        scenario=config.scenario.name,
        scenario_digest=config.scenario.digest(),
        dimensions=_dimensions(networks.spec, hyper.network),
        algorithm=config.algorithm,
        actions="argmax",
        terminations="sampled",
        max_option_slots=hyper.option.max_option_slots,
        default_option=progress.best_option,
        training=_training_record(config, progress),
        evaluation=evaluation or {},
    )
    bundle = make_bundle(manifest, sbs_onnx(networks), edge_onnx(networks))
    write_bundle(bundle, out_dir)
    return bundle


def sbs_onnx(networks: HierCoopNetworks) -> bytes:
    """`sbs.onnx` of these networks (docs/architecture.md)."""
    spec, rows = networks.spec, EXAMPLE_ROWS
    choices = (rows, spec.num_vehicles, 2 * spec.num_bands)
    inputs = {
        "local": torch.zeros(rows, spec.size),
        "mask": torch.ones(choices, dtype=torch.bool),
        "option": torch.zeros(rows, dtype=torch.long),
        "noise": torch.zeros(choices),
    }
    return _export(SbsGraph(networks), inputs, ["features", "termination", "choice", "choice_prob"], {})


def edge_onnx(networks: HierCoopNetworks) -> bytes:
    """`edge.onnx` of these networks (docs/architecture.md)."""
    sizes, rows, others = networks.sizes, EXAMPLE_ROWS, EXAMPLE_OTHERS
    inputs = {
        "features": torch.zeros(rows, sizes.num_features),
        "code": torch.zeros(rows, sizes.code_size),
        "other_features": torch.zeros(rows, others, sizes.num_features),
        "other_option": torch.zeros(rows, others, dtype=torch.long),
        "other_age": torch.zeros(rows, others),
        "other_distance": torch.zeros(rows, others),
        "other_mask": torch.zeros(rows, others),
    }
    others_axis = {name: {1: "other"} for name in inputs if name.startswith("other_")}
    return _export(EdgeGraph(networks), inputs, ["values"], others_axis)


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


def _dimensions(spec: LocalSpec, sizes: NetworkConfig) -> Dimensions:
    return Dimensions(
        observation=spec.size,
        vehicles=spec.num_vehicles,
        choices=2 * spec.num_bands,
        features=sizes.num_features,
        options=sizes.num_options,
        code=sizes.code_size,
    )


def _training_record(config: TrainingConfig, progress: Progress) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "iteration": progress.best_iteration,
        "validation_score": progress.best_score,
        "config": config.model_dump(mode="json", exclude={"scenario"}),
    }
    return record
