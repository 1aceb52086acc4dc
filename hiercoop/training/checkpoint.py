"""Checkpoints: all that a training needs to go on bit for bit, as safetensors, written whole or not at all.

Random numbers need no state: every iteration's generators and environments are made from (seed, iteration).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.errors import TrainingError
from hiercoop.training.replay import Replay

LATEST, BEST = "latest.safetensors", "best.safetensors"
Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Progress:
    """Where a training stands."""

    iteration: int
    """Iterations that are done."""
    best_iteration: int
    best_score: float
    """Of the policy that validated best."""
    best_option: int
    """That policy's most used option."""


def save_training(path: Path, learner: HierCoopLearner, replay: Replay, progress: Progress) -> None:
    """Writes networks, target networks, optimisers and replay under a temporary name and renames the file."""
    tensors = _prefixed("networks", learner.networks.state_dict()) | _prefixed("target", learner.target.state_dict())
    for name, optimizer in learner.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= _prefixed(f"optimizer.{name}.{index}", state)
    for index, rollout in enumerate(replay.rollouts):
        tensors |= _prefixed(f"replay.{index:06d}", _rollout_tensors(rollout))
    _save(path, tensors, progress)


def load_training(path: Path, learner: HierCoopLearner, replay: Replay) -> Progress:
    """Puts a saved training back; TrainingError where the file is unreadable or of other networks."""
    tensors, progress = _load(path)
    _load_module(path, learner.networks, _under("networks", tensors))
    _load_module(path, learner.target, _under("target", tensors))
    for name, optimizer in learner.optimizers.items():
        fresh = optimizer.state_dict()
        optimizer.load_state_dict(
            {"state": _by_index(_under(f"optimizer.{name}", tensors)), "param_groups": fresh["param_groups"]}
        )
    replay.rollouts.clear()
    saved = _by_index(_under("replay", tensors))
    for index in sorted(saved):
        replay.add(_rollout_from(saved[index]))
    return progress


def save_networks(path: Path, networks: nn.Module, progress: Progress) -> None:
    """Writes networks alone, for export."""
    _save(path, _prefixed("networks", networks.state_dict()), progress)


def load_networks(path: Path, networks: nn.Module) -> Progress:
    """Puts saved networks back; TrainingError where the file is unreadable or of other networks."""
    tensors, progress = _load(path)
    _load_module(path, networks, _under("networks", tensors))
    return progress


def _save(path: Path, tensors: Tensors, progress: Progress) -> None:
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    # Views of one storage (a state observed and held, say) are written apart.
    owned = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    save_file(owned, staging, {item.name: repr(getattr(progress, item.name)) for item in fields(progress)})
    staging.replace(path)


def _load(path: Path) -> tuple[Tensors, Progress]:
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        progress = Progress(
            iteration=int(about["iteration"]),
            best_iteration=int(about["best_iteration"]),
            best_score=float(about["best_score"]),
            best_option=int(about["best_option"]),
        )
        return tensors, progress
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"checkpoint {path} cannot be used: {error}; start the training again") from error


def _load_module(path: Path, module: nn.Module, tensors: Tensors) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise TrainingError(f"checkpoint {path} is of other networks: {str(error).splitlines()[-1].strip()}") from error


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}


def _by_index(tensors: Tensors) -> dict[int, Tensors]:
    grouped: dict[int, Tensors] = {}
    for name, tensor in tensors.items():
        index, _, rest = name.partition(".")
        grouped.setdefault(int(index), {})[rest] = tensor
    return grouped


def _rollout_tensors(rollout: Rollout) -> Tensors:
    return _prefixed("state", vars(rollout.state)) | {
        name: value for name, value in vars(rollout).items() if isinstance(value, Tensor)
    }


def _rollout_from(tensors: Tensors) -> Rollout:
    state = JointState(**_under("state", tensors))
    columns = {name: value for name, value in tensors.items() if not name.startswith("state.")}
    return Rollout(state=state, **columns)


def iteration_generator(seed: int, iteration: int) -> torch.Generator:
    """The torch generator of one training iteration."""
    # Mixed by odd constants, so that neither neighbouring seeds nor neighbouring iterations share a state.
    mixed = (seed * 0x9E3779B97F4A7C15 + iteration * 0xD1B54A32D192ED03 + 1) % 2**63
    return torch.Generator().manual_seed(mixed)
