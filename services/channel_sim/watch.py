"""What watchers are told, and how often."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator

from hiercoop.execution.version import hiercoop_version
from hiercoop.execution.watch_snapshot import watch_snapshot
from hiercoop.rpc.process import pause
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchRequest, WatchResponse
from services.channel_sim.cell_desk import CellDesk
from services.channel_sim.slot_loop import SlotLoop

MAX_RATE_HZ = 10
RATE_SAMPLE_S = 0.25
RATE_WINDOW = 8
"""Samples that the slot rate is taken over: two seconds."""


class WatchDesk:
    """Adds to the simulator's snapshot what only the service knows: rates, latencies, who stands by."""

    def __init__(self, slots: SlotLoop, desk: CellDesk, stop: asyncio.Event) -> None:
        self._slots = slots
        self._desk = desk
        self._stop = stop
        self._samples: deque[tuple[float, int, int]] = deque(maxlen=RATE_WINDOW)
        self._process = secrets.token_hex(8)
        """Of no other process: run epochs begin anew where no state is kept."""
        self._begun = (-1, 0.0)
        """The run in hand, and when it was first seen."""

    async def responses(self, request: WatchRequest) -> AsyncIterator[WatchResponse]:
        """Snapshots until the simulator stops."""
        rate_hz = min(request.rate_hz or MAX_RATE_HZ, MAX_RATE_HZ)
        cell = request.decision_cell if request.HasField("decision_cell") else None
        while not self._stop.is_set():
            yield self.snapshot(cell, request.with_slot)
            await pause(self._stop, 1.0 / rate_hz)
        # How the run stood when it ended.
        yield self.snapshot(cell, request.with_slot)

    def snapshot(self, decision_cell: int | None = None, with_slot: bool = False) -> WatchResponse:
        """The state of now."""
        emulation = self._slots.emulation
        if self._begun[0] != emulation.run_epoch:
            self._begun = (emulation.run_epoch, time.time())
        response = watch_snapshot(self._slots.simulator, decision_cell, with_slot)
        response.run_uid = f"{self._process}{emulation.run_epoch:016x}"
        response.begun_unix_s = self._begun[1]
        response.version = hiercoop_version()
        response.slot_latency_s.extend(self._slots.latency.percentiles_s())
        response.run_id = f"{emulation.run.scenario.name}-{emulation.run_epoch}"
        response.surplus_agents = self._desk.num_standing_by
        response.last_error = self._slots.last_error
        response.slots_per_s = self._slots_per_s()
        for cell, seat in self._slots.seats.items():
            response.cells[cell].latency_s.extend(seat.latency.percentiles_s())
        return response

    async def sample_rate(self) -> None:
        """Keeps the slot rate up to date until the simulator stops."""
        while not self._stop.is_set():
            emulation = self._slots.emulation
            self._samples.append((time.monotonic(), emulation.run_epoch, emulation.slot))
            await pause(self._stop, RATE_SAMPLE_S)

    def _slots_per_s(self) -> float:
        now = (time.monotonic(), self._slots.emulation.run_epoch, self._slots.emulation.slot)
        first = next((sample for sample in self._samples if sample[1] == now[1]), now)
        elapsed_s = now[0] - first[0]
        return (now[2] - first[2]) / elapsed_s if elapsed_s > 0 else 0.0
