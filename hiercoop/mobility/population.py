"""Who is on the road: the vehicles of a running emulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class VehicleStates:
    """All vehicles at one time, in a stable order."""

    ids: list[str]
    xy_m: Float[np.ndarray, "vehicle 2"]
    heading_deg: Float[np.ndarray, "vehicle"]
    """Clockwise from north (+y), as SUMO has it."""
    speed_mps: Float[np.ndarray, "vehicle"]


@runtime_checkable
class Traffic(Protocol):
    """Vehicles that move."""

    def vehicles(self) -> VehicleStates:
        """All vehicles as they are now."""
        ...

    def advance(self, seconds: float) -> bool:
        """Move on by this long; False once the traffic has ended."""
        ...
