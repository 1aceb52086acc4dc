"""Which stream leads to which cell, and decisions on their way there."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc

from hiercoop.execution.latency import LatencyWindow
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision

BUDGET_SHARE = 0.8
"""Share of a cell's patience after which a joint decision is made with the reports that came: the answer must travel too."""

Context = grpc.aio.ServicerContext[Any, Any]


class OptionStream:
    """One cell's way back; writes do not overlap."""

    def __init__(self, context: Context) -> None:
        self.cell = -1
        self.attach_epoch = 0
        self._context = context
        self._writing = asyncio.Lock()

    async def write(self, decision: OptionDecision) -> None:
        """Sends one decision; a stream that has ended takes none, and its cell goes on alone."""
        async with self._writing:
            if not self._context.done():
                await self._context.write(decision)


class OptionStreams:
    """Takes reports to the edge and its decisions to the cells that they are for."""

    def __init__(self, edge: UpperEdge) -> None:
        self.latency = LatencyWindow()
        self._edge = edge
        self._streams: dict[int, OptionStream] = {}
        self._arrived_s: dict[tuple[int, int], float] = {}
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, stream: OptionStream, report: FeatureReport) -> None:
        """Decides what this report makes possible; MessageError for a malformed one."""
        self._arrived_s[report.cell, report.slot] = time.perf_counter()
        decisions = self._edge.submit(report)
        self._streams[report.cell] = stream
        stream.cell, stream.attach_epoch = report.cell, report.attach_epoch
        if decisions:
            await self._deliver(decisions)
        elif report.slot not in self._deadlines:
            wait_s = BUDGET_SHARE * report.budget_us * 1e-6
            self._deadlines[report.slot] = asyncio.get_running_loop().call_later(wait_s, self._expire, report.slot)

    async def close(self, stream: OptionStream) -> None:
        """A cell's stream has ended: no joint decision waits for it any more."""
        if self._streams.get(stream.cell) is stream:
            del self._streams[stream.cell]
            await self._deliver(self._edge.disconnect(stream.cell, stream.attach_epoch))

    def _expire(self, slot: int) -> None:
        self._deadlines.pop(slot, None)
        for key in [key for key in self._arrived_s if key[1] <= slot]:
            del self._arrived_s[key]
        delivery = asyncio.create_task(self._deliver(self._edge.release(slot, is_partial=True)))
        self._tasks.add(delivery)
        delivery.add_done_callback(self._tasks.discard)

    async def _deliver(self, decisions: list[OptionDecision]) -> None:
        for decision in decisions:
            deadline = self._deadlines.pop(decision.slot, None)
            if deadline is not None:
                deadline.cancel()
            arrived_s = self._arrived_s.pop((decision.cell, decision.slot), None)
            if arrived_s is not None:
                self.latency.add(time.perf_counter() - arrived_s)
        found = [(self._streams.get(decision.cell), decision) for decision in decisions]
        writes = [stream.write(decision) for stream, decision in found if stream is not None]
        if len(writes) == 1:
            await writes[0]
        else:
            await asyncio.gather(*writes)
