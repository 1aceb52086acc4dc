"""Where networks live and learn. The simulator stays in numpy on the CPU."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from hiercoop.errors import ConfigError

DeviceName = Literal["auto", "cpu", "cuda"]


def find_device(name: DeviceName) -> torch.device:
    """The device of this name; auto: the GPU where torch can use one. ConfigError for cuda where it cannot."""
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise ConfigError("device='cuda' needs a GPU that torch can use, and there is none here; use cpu or auto")
    return torch.device("cuda" if has_gpu and name != "cpu" else "cpu")


def tensors_on(device: torch.device) -> AbstractContextManager[object]:
    """A context in which new tensors are made on the device."""
    # On the CPU they are anyway, and the context would cost time at every call of torch.
    return nullcontext() if device.type == "cpu" else device


def new_generator(seed: int) -> torch.Generator:
    """A generator on the device on which new tensors are made."""
    return torch.Generator(torch.get_default_device()).manual_seed(seed)
