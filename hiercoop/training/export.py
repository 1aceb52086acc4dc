"""A training's best networks as a policy bundle."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from pydantic import JsonValue
from torch import nn

from hiercoop.config.training import TrainingConfig
from hiercoop.execution.bundle import Manifest, PolicyBundle, make_bundle, write_bundle
from hiercoop.execution.sbs_policy import OUTPUTS
from hiercoop.nets.values_by_hold import LASTS_BELOW
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
    with _tracing():
        edge = parts.edge if parts.lasting_edge is None else _either(parts.edge, parts.lasting_edge, inputs)
        return _export(edge, inputs, ["values"], others_axis)


class _ByHold(nn.Module):
    """One graph or the other, as the hold of the first row tells; a run has but one.

    Scripted, since tracing knows no branches; scripts know no names of shapes.
    """

    def __init__(self, of_one_slot: nn.Module, while_it_lasts: nn.Module) -> None:
        super().__init__()
        self.of_one_slot = of_one_slot
        self.while_it_lasts = while_it_lasts
        self.lasts_below = LASTS_BELOW

    def forward(
        self,
        features: torch.Tensor,
        code: torch.Tensor,
        other_features: torch.Tensor,
        other_option: torch.Tensor,
        other_age: torch.Tensor,
        other_distance: torch.Tensor,
        other_place: torch.Tensor,
        place_at_other: torch.Tensor,
        other_mask: torch.Tensor,
        hold: torch.Tensor,
    ) -> torch.Tensor:
        others = (other_features, other_option, other_age, other_distance, other_place, place_at_other, other_mask)
        if bool(hold[0] < self.lasts_below):
            lasting: torch.Tensor = self.while_it_lasts(features, code, *others, hold)
            return lasting
        values: torch.Tensor = self.of_one_slot(features, code, *others, hold)
        return values


def _either(of_one_slot: nn.Module, while_it_lasts: nn.Module, inputs: dict[str, torch.Tensor]) -> nn.Module:
    given = tuple(inputs.values())
    traced = (torch.jit.trace(graph.eval(), given) for graph in (of_one_slot, while_it_lasts))  # type: ignore[no-untyped-call]
    scripted: nn.Module = torch.jit.script(_ByHold(*traced))
    return scripted


@contextlib.contextmanager
def _tracing() -> Iterator[None]:
    """The exporter by tracing gives the smaller graph here; torch announces its end at every call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _export(
    graph: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], more_axes: dict[str, dict[int, str]]
) -> bytes:
    axes = {name: {0: "row"} | more_axes.get(name, {}) for name in (*inputs, *outputs)}
    with tempfile.TemporaryDirectory() as folder, _tracing():
        path = Path(folder) / "graph.onnx"
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
