"""What every scheme does in a slot: its messages go over gRPC, and every cell comes to an allocation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.best_response import PayloadBestResponse
from hiercoop.env.types import ChannelState, Observation
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation

EXCHANGE_TIMEOUT_S = 30.0
"""Far above what an exchange takes: a peer that has gone ends the comparison."""
KEEPALIVE_S = 30.0
"""Both ends are of one process, and a machine that stalls for a moment must not part them."""


class Exchange(Protocol):
    """One scheme in one run; `open` it first."""

    ledger: SignallingLedger
    """Every message once, as its small cell sent or heard it."""

    async def open(self) -> None:
        """Starts servers and joins cells."""
        ...

    async def allocate(self, observations: Mapping[int, SlotObservation], channel: ChannelState) -> list[Allocation]:
        """The slot's allocations, a cell each, once all messages of the slot have been exchanged."""
        ...

    async def close(self) -> None:
        """Ends streams and servers."""
        ...


def joint_choice(search: PayloadBestResponse, channel: ChannelState) -> Int64[np.ndarray, "cell vehicle"]:
    """Every cell's choices from the whole channel state."""
    unseen = Observation(0, np.zeros((1, 0, 0), np.float32), np.zeros((1, 0, 0, 0), np.bool_))
    choice: np.ndarray = search.allocate(unseen, channel)[0]
    return choice


def allocation_of(observation: SlotObservation, choice: np.ndarray) -> Allocation:
    """The answer to an observation of a cell whose vehicles are given these choices."""
    return Allocation(
        cell=observation.cell,
        slot=observation.slot,
        run_epoch=observation.run_epoch,
        attach_epoch=observation.attach_epoch,
        choice=codec.encode_array(choice.astype(np.int32)),
    )
