"""Which stream leads to which cell, reports that are decided together, and decisions on their way back."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import grpc

from hiercoop.errors import OverloadError
from hiercoop.execution.latency import LatencyWindow
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.logs import get_logger
from hiercoop.rpc.admission import RETRY_S, OverloadWatch, RateLimit
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision

log = get_logger(__name__)

BUDGET_SHARE = 0.8
"""Share of a cell's patience after which a joint decision is made with the reports that came: the answer must travel too."""
MAX_HOLD_S = 0.005
"""Reports wait this long at most for others to be decided with."""
BEHIND_S = 0.0003
"""A cell does not report again so soon after an answer: it allocates, is scored, observes and infers first."""
MAX_UNSENT = 16
"""Decisions that wait for a slow reader; older ones are of no use to it any more."""
SETTLE_TIMEOUT_S = 0.2

Context = grpc.aio.ServicerContext[Any, Any]


class OptionStream:
    """One cell's way back; writes do not overlap."""

    def __init__(self, context: Context, rate_hz: float) -> None:
        self.cell = -1
        self.attach_epoch = 0
        self.refusal: OverloadError | None = None
        """Raised at the next report."""
        self._context = context
        self._rate = RateLimit(rate_hz)
        self._unsent: deque[OptionDecision] = deque(maxlen=MAX_UNSENT)
        self._writing: asyncio.Task[None] | None = None
        self._is_awaiting = False
        self._answered_s = 0.0

    def note_report(self, now_s: float) -> bool:
        """Takes note of a report; True where it must have been lying here, unread, since before the last one was answered."""
        is_behind = self._is_awaiting or now_s - self._answered_s < BEHIND_S
        self._is_awaiting = True
        return is_behind

    def check(self, now_s: float) -> None:
        """Raises OverloadError where the stream goes beyond its rate, or has been refused."""
        wait_s = self._rate.wait_s(now_s)
        if wait_s > 0.0:
            raise OverloadError(f"messages come more often than the edge's MAX_REPORT_RATE_HZ; wait {wait_s:.3f} s", wait_s)
        if self.refusal is not None:
            raise self.refusal

    def send(self, decision: OptionDecision) -> None:
        """Sends one decision; a stream that has ended takes none, and its cell goes on alone."""
        self._is_awaiting, self._answered_s = False, time.perf_counter()
        self._unsent.append(decision)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def settle(self) -> None:
        """Returns when no write is in progress any more: the end of the stream must not overtake it."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing], timeout=SETTLE_TIMEOUT_S)

    async def _write(self) -> None:
        try:
            while self._unsent and not self._context.done():
                await self._context.write(self._unsent.popleft())
        except grpc.aio.BaseError:
            # The reader of the same stream meets its end too.
            self._unsent.clear()


class OptionStreams:
    """Takes reports to the edge and its decisions to the cells that they are for.

    What arrives together is decided together. Where reports lie unread, because deciding has taken too long, they are read
    for some milliseconds before the next decision: of each cell the newest then counts, and all go in one inference.
    """

    def __init__(self, edge: UpperEdge, max_streams: int, max_rate_hz: float) -> None:
        self.latency = LatencyWindow()
        self._edge = edge
        self._max_streams = max_streams
        self._max_rate_hz = max_rate_hz
        self._open: list[OptionStream] = []
        self._streams: dict[int, OptionStream] = {}
        self._arrived_s: dict[int, float] = {}
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._overload = OverloadWatch()
        self._num_admitted = 0
        self._is_scheduled = False

    def check_overload(self) -> None:
        """Raises OverloadError while the edge cannot keep up with the cells that it has."""
        if self._overload.is_overloaded(time.perf_counter()):
            raise OverloadError(f"the edge cannot keep up with {len(self._open)} streams; come back later", RETRY_S)

    def open(self, context: Context) -> OptionStream:
        """A new stream; OverloadError where there are too many."""
        if len(self._open) >= self._max_streams:
            raise OverloadError(f"the edge has {len(self._open)} streams, its MAX_STREAMS; come back later", RETRY_S)
        stream = OptionStream(context, self._max_rate_hz)
        self._open.append(stream)
        return stream

    def submit(self, stream: OptionStream, report: FeatureReport) -> None:
        """Takes in a report; MessageError for a malformed one, OverloadError for one too many."""
        now_s = time.perf_counter()
        stream.check(now_s)
        if not self._edge.admit(report):
            return
        self._num_admitted += 1
        self._arrived_s[report.cell] = now_s
        self._streams[report.cell] = stream
        stream.cell, stream.attach_epoch = report.cell, report.attach_epoch
        loop = asyncio.get_running_loop()
        is_behind = stream.note_report(now_s)
        if not self._is_scheduled:
            self._is_scheduled = True
            if is_behind:
                loop.call_later(MAX_HOLD_S, self._decide)
            else:
                loop.call_soon(self._decide)
        if self._edge.is_waiting(report.slot) and report.slot not in self._deadlines:
            self._deadlines[report.slot] = loop.call_later(BUDGET_SHARE * report.budget_us * 1e-6, self._expire, report.slot)

    def close(self, stream: OptionStream) -> None:
        """A cell's stream has ended: no joint decision waits for it any more."""
        self._open.remove(stream)
        if self._streams.get(stream.cell) is stream:
            del self._streams[stream.cell]
            self._deliver(self._edge.disconnect(stream.cell, stream.attach_epoch))

    def _decide(self) -> None:
        self._is_scheduled = False
        self._deliver(self._edge.decide())
        if self._overload.note(self._num_admitted, self._edge.superseded, time.perf_counter()):
            self._shed()

    def _shed(self) -> None:
        """The stream that came last goes, so that the others are served in time."""
        staying = [stream for stream in self._open if stream.refusal is None]
        if len(staying) > 1:
            log.warning("overloaded", streams=len(staying), superseded=self._edge.superseded)
            staying[-1].refusal = OverloadError(
                f"the edge cannot keep up with {len(staying)} streams; come back later", RETRY_S
            )

    def _expire(self, slot: int) -> None:
        self._deadlines.pop(slot, None)
        self._deliver(self._edge.release(slot, is_partial=True))

    def _deliver(self, decisions: list[OptionDecision]) -> None:
        for decision in decisions:
            deadline = self._deadlines.pop(decision.slot, None)
            if deadline is not None:
                deadline.cancel()
            arrived_s = self._arrived_s.pop(decision.cell, None)
            if arrived_s is not None:
                self.latency.add(time.perf_counter() - arrived_s)
            stream = self._streams.get(decision.cell)
            if stream is not None:
                stream.send(decision)
