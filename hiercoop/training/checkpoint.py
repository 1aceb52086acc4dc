"""Checkpoints: all that a training needs to go on bit for bit, as safetensors, written whole or not at all.

Random numbers need no state: every iteration's generators and environments are made from (seed, iteration).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from hiercoop.errors import TrainingError
from hiercoop.training.course import Course, Tensors

LATEST, BEST = "latest.safetensors", "best.safetensors"
ACTING = "networks"
"""Under this name a checkpoint for export holds the acting networks."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands."""

    iteration: int
    """Iterations that are done."""
    best_iteration: int
    """0: none has been validated yet."""
    best_score: float
    """Of the policy that validated best."""


def save_training(path: Path, course: Course, progress: Progress) -> None:
    """Writes networks, optimisers and replay under a temporary name and renames the file; TrainingError for no numbers."""
    tensors: Tensors = {}
    for name, part in course.parts.items():
        tensors |= _prefixed(name, part.state_dict())
    for name, optimizer in course.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= _prefixed(f"optimizer.{name}.{index}", state)
    for index, rollout in enumerate(course.replay_tensors()):
        tensors |= _prefixed(f"replay.{index:06d}", rollout)
    _save(path, tensors, progress)


def load_training(path: Path, course: Course) -> Progress:
    """Puts a saved training back; TrainingError where the file is unreadable or of other networks."""
    tensors, progress = _load(path)
    for name, part in course.parts.items():
        _load_module(path, part, _under(name, tensors))
    for name, optimizer in course.optimizers.items():
        fresh = optimizer.state_dict()
        optimizer.load_state_dict(
            {"state": _by_index(_under(f"optimizer.{name}", tensors)), "param_groups": fresh["param_groups"]}
        )
    device = torch.get_default_device()
    saved = _by_index({name: tensor.to(device) for name, tensor in _under("replay", tensors).items()})
    course.restore_replay([saved[index] for index in sorted(saved)])
    return progress


def save_acting(path: Path, networks: nn.Module, progress: Progress) -> None:
    """Writes the acting networks alone, for export; TrainingError for no numbers."""
    _save(path, _prefixed(ACTING, networks.state_dict()), progress)


def load_acting(path: Path, networks: nn.Module) -> Progress:
    """Puts saved acting networks back; TrainingError where the file is unreadable or of other networks."""
    tensors, progress = _load(path)
    _load_module(path, networks, _under(ACTING, tensors))
    return progress


def _save(path: Path, tensors: Tensors, progress: Progress) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise TrainingError(f"{name} holds values that are no numbers; lower the learning rates")
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    # Views of one storage (a state observed and held, say) are written apart.
    owned = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    staging.write_bytes(save(owned, {item.name: repr(getattr(progress, item.name)) for item in fields(progress)}))
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
        )
        return tensors, progress
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"checkpoint {path} cannot be used: {error}; start the training again") from error


def _load_module(path: Path, module: nn.Module, tensors: Tensors) -> None:
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise TrainingError(f"checkpoint {path} is of other networks: {str(error).splitlines()[-1].strip()}") from error


def _prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}


def _by_index(tensors: Tensors) -> dict[int, Tensors]:
    grouped: dict[int, Tensors] = {}
    for name, tensor in tensors.items():
        index, _, rest = name.partition(".")
        grouped.setdefault(int(index), {})[rest] = tensor
    return grouped
