"""One agent's place in the run: which cell it has, how it is reached, and how its attach ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from hiercoop.errors import HierCoopError
from hiercoop.execution.latency import LatencyWindow
from hiercoop.rpc.v1.channel_sim_service_pb2 import SlotObservation, Welcome

Send = Callable[[SlotObservation], None]


class Seat:
    """An attach from the promise of a cell to its end."""

    def __init__(self, welcome: Welcome) -> None:
        self.welcome = welcome
        self.cell = welcome.cell
        self.attach_epoch = welcome.attach_epoch
        self.run_epoch = welcome.profile.run_epoch
        self.leaves_on_purpose = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the simulator ends the attach; with the error that ends it, if one does."""
        self.latency = LatencyWindow()
        self._send: Send | None = None
        self._sent_s = 0.0

    def connect(self, send: Send) -> None:
        """Says how observations reach the agent."""
        self._send = send

    def send(self, observation: SlotObservation) -> None:
        """Sends one slot to the agent."""
        self._sent_s = time.perf_counter()
        if self._send is not None:
            self._send(observation)

    def note_answer(self) -> None:
        """Counts how long the agent took."""
        self.latency.add(time.perf_counter() - self._sent_s)

    def end(self, error: HierCoopError | None = None) -> None:
        """Ends the attach from the simulator's side."""
        if self.over.done():
            return
        if error is None:
            self.over.set_result(None)
        else:
            self.over.set_exception(error)
            # Whoever holds the seat may have gone already; then nobody asks for the error.
            self.over.exception()
