"""Where each quantity stands in a local observation, for networks that pick single entries out of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot


@dataclass(frozen=True)
class LocalSpec:
    """What a local observation holds: name and shape of each quantity in order, and the dB that one unit stands for."""

    SILENT_NEPERS: ClassVar[float] = 50.0
    """How far `snr_nepers` raises an active vehicle's power over an inactive one's."""

    shapes: Mapping[str, tuple[int, ...]]
    db_per_unit: float

    @property
    def size(self) -> int:
        """Length of a local observation."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def num_vehicles(self) -> int:
        """Vehicle slots of a cell."""
        return self.shapes["last_choice"][0]

    @property
    def num_bands(self) -> int:
        """Sub-bands."""
        return self.shapes["interference"][1]

    @property
    def num_neighbours(self) -> int:
        """Neighbouring SBSs towards which mean gains are observed."""
        return self.shapes["mean_gain"][1] - 2 if "mean_gain" in self.shapes else 0

    @property
    def nepers_per_unit(self) -> float:
        """Natural logarithm of the power ratio that one observed unit stands for."""
        return self.db_per_unit * math.log(10.0) / 10.0

    def positions(self, name: str) -> Int[Tensor, "..."]:
        """Position of each entry of one quantity, in its own shape."""
        start = 0
        for other, shape in self.shapes.items():
            if other == name:
                break
            start += math.prod(shape)
        return torch.arange(start, start + math.prod(self.shapes[name])).reshape(self.shapes[name])

    def neighbour_positions(self) -> Int[Tensor, "position"]:
        """Positions of the mean gains towards neighbours, [vehicle, neighbour], flat."""
        return self.positions("mean_gain")[:, 2:].flatten()

    def selector(self, positions: Int[Tensor, "..."]) -> Float[Tensor, "feature column"]:
        """The matrix that picks these entries, flattened, out of a row of observations."""
        return one_hot(positions.flatten(), self.size).T.to(torch.float32)

    def snr_nepers(self) -> Float[Tensor, "feature column"]:
        """The matrix that gives log power over noise of each vehicle's choices, raised by SILENT_NEPERS if it is active."""
        shape = (self.num_vehicles, 2, self.num_bands)
        active = self.selector(self.positions("is_active")[:, None, None].expand(shape)) * self.SILENT_NEPERS
        if "gain" not in self.shapes:
            return active
        return active + self.selector(self.positions("gain")) * self.nepers_per_unit
