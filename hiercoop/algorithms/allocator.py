"""What every policy that can be evaluated offers, learned or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Int64

from hiercoop.env.types import ChannelState, Observation


@dataclass(frozen=True)
class Signalling:
    """Signalling between SBSs and edge, a mean over slots of one environment; None where a scheme's cost is not modelled."""

    payload_bytes_per_slot: float | None
    http2_bytes_per_slot: float | None
    link_bytes_per_slot: float | None
    reports_per_slot: float | None


NO_SIGNALLING = Signalling(0.0, 0.0, 0.0, 0.0)
UNKNOWN_SIGNALLING = Signalling(None, None, None, None)


class Allocator(Protocol):
    """Chooses a station and a sub-band for every vehicle, slot by slot, in a batch of environments."""

    name: str
    ignores_interference: bool
    """True for a bound: its links are to be scored as if no other link were there, which no environment does."""

    def reset(self, num_envs: int) -> None:
        """New episodes begin in so many environments: forget the last ones. Random draws and the account go on."""
        ...

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """The choice of every vehicle slot; vehicle slots that are masked whole get any choice in range."""
        ...

    def signalling(self) -> Signalling:
        """What all allocations so far have cost."""
        ...

    def option_share(self) -> list[float]:
        """Share of all slots so far that each option was in force; empty where there are no options."""
        ...


class UncooperativeAllocator:
    """Common part of the policies that exchange nothing and have no options."""

    ignores_interference = False

    def signalling(self) -> Signalling:
        """Nothing is exchanged."""
        return NO_SIGNALLING

    def option_share(self) -> list[float]:
        """There are no options."""
        return []
