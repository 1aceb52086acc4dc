"""`python -m hiercoop.load.client`: one process that emulates SBSs, open loop.

It reads a plan a line on stdin, gets ready and says so, reads the time at which to begin, and prints what came of it.
A message is due at its time whatever became of those before, and its latency counts from that time: a server that stalls
finds all that was due in the meantime, and none of it is forgiven.
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from collections import deque

import grpc
import uvloop

from hiercoop.errors import HierCoopError
from hiercoop.load.echo import ANSWER_BYTES_KEY, ECHO_METHOD
from hiercoop.load.messages import SLOT_S, Sender, answered, registration
from hiercoop.load.plan import MAX_LATENCY_US, ClientPlan, LoadResult, empty_result
from hiercoop.rpc.client import ask, open_channel
from hiercoop.rpc.v1.upper_edge_service_pb2 import DESCRIPTOR
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub
from hiercoop.rpc.wall_timer import WallTimer

READY = "ready"
REGISTER_TIMEOUT_S = 10.0
GRACE_S = 1.0
"""How long answers are awaited after the last deadline."""
MAX_BURST = 32
"""Messages handed out at a time: a generator that is behind must still write and read."""

_SERVICE = DESCRIPTOR.services_by_name["UpperEdgeService"].full_name


class _Stream:
    """One sender's dialogue; messages wait here while one is being written."""

    def __init__(self, plan: ClientPlan, index: int, outcome: _Outcome) -> None:
        self.sender = Sender(plan, index)
        self.offset_s = index / plan.shape.num_senders * plan.shape.period_s
        self._plan = plan
        self._outcome = outcome
        self._channel = open_channel(plan.address)
        self._call: grpc.aio.StreamStreamCall[bytes, bytes] | None = None
        self._unsent: deque[tuple[float, bytes]] = deque()
        self._awaited: deque[tuple[int, float]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Registers the cells and opens the stream; a refusal is counted, and the stream then sends nothing."""
        method = ECHO_METHOD
        if not self._plan.is_echo:
            stub = UpperEdgeServiceStub(self._channel)
            try:
                # On a busy machine a connection takes longer than gRPC's first attempts, at which a call would give up.
                async with asyncio.timeout(REGISTER_TIMEOUT_S):
                    await self._channel.channel_ready()
                for cell in self.sender.cells:
                    response = await ask(stub.Register, registration(self._plan, cell), REGISTER_TIMEOUT_S)
            except (HierCoopError, TimeoutError) as error:
                self._outcome.note_error(type(error).__name__)
                return
            self.sender.edge_epoch = response.edge_epoch
            method = f"/{_SERVICE}/{'PackedOptions' if self._plan.shape.packed else 'Options'}"
        metadata = ((ANSWER_BYTES_KEY, str(self.sender.answer_bytes())),) if self._plan.is_echo else None
        self._call = self._channel.stream_stream(method)(metadata=metadata, wait_for_ready=True)
        await self._call.wait_for_connection()
        self._reading = asyncio.create_task(self._read(self._call))

    def send(self, slot: int, sequence: int, due_s: float) -> None:
        """Hands one message to the stream."""
        if self._call is None:
            return
        self._unsent.append((due_s, self.sender.message(slot, sequence)))
        self._awaited.append((sequence, due_s))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._call))

    async def close(self) -> None:
        """Ends the dialogue."""
        for task in (self._writing, self._reading):
            if task is not None:
                task.cancel()
        await self._channel.close()

    async def _write(self, call: grpc.aio.StreamStreamCall[bytes, bytes]) -> None:
        try:
            while self._unsent:
                due_s, message = self._unsent.popleft()
                self._outcome.lateness_s.append(time.monotonic() - due_s)
                await call.write(message)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The reader of the same call meets its end too, and counts it.
            self._call = None

    async def _read(self, call: grpc.aio.StreamStreamCall[bytes, bytes]) -> None:
        try:
            while isinstance(data := await call.read(), bytes):
                self._take(data)
            status = (await call.code()).name
        except grpc.aio.AioRpcError as error:
            status = error.code().name
        self._call = None
        self._outcome.note_error(status)

    def _take(self, data: bytes) -> None:
        """Times one answer, unless it decides nothing; messages of this stream before it will get none."""
        if self._plan.is_echo:
            sequence, num_decided = self._awaited[0][0], max(1, self._plan.shape.packed)
        else:
            sequence, num_decided = answered(data, bool(self._plan.shape.packed))
        if not num_decided:
            self._awaited.popleft()
            return
        while self._awaited:
            awaited, due_s = self._awaited.popleft()
            if awaited == sequence:
                self._outcome.latency_s.append(time.monotonic() - due_s)
                self._outcome.decisions += num_decided
                return


class _Outcome:
    """What the streams of one window have met."""

    def __init__(self) -> None:
        self.latency_s = array("d")
        self.lateness_s = array("d")
        self.decisions = 0
        self.errors: dict[str, int] = {}

    def note_error(self, status: str) -> None:
        """Counts a stream that ended."""
        self.errors[status] = self.errors.get(status, 0) + 1

    def result(self, planned: int, deadline_s: float) -> LoadResult:
        """The window in numbers."""
        result = empty_result()
        result.planned, result.answered = planned, len(self.latency_s)
        result.in_time = sum(latency_s <= deadline_s for latency_s in self.latency_s)
        result.decisions, result.errors = self.decisions, dict(self.errors)
        for histogram, values_s in ((result.latency, self.latency_s), (result.lateness, self.lateness_s)):
            for value_s in values_s:
                histogram.record_value(min(max(round(value_s * 1e6), 1), MAX_LATENCY_US))
        return result


class _Schedule:
    """Hands out every message when it is due, in the order of the schedule."""

    def __init__(self, streams: list[_Stream], plan: ClientPlan, begin_s: float) -> None:
        self.done = asyncio.Event()
        self._streams = streams
        self._shape = plan.shape
        self._begin_s = begin_s
        self._next = 0
        self._timer = WallTimer(lambda count: self._send_due())
        self._wait()

    def _send_due(self) -> None:
        now_s = time.monotonic()
        last = min(self._next + MAX_BURST, len(self._streams) * self._shape.num_rounds)
        while self._next < last and self._due_s() <= now_s:
            round_index, index = divmod(self._next, len(self._streams))
            due_s = self._due_s()
            # A thousandth of a slot's grace: reports one slot apart must not fall into one.
            slot = int((due_s - self._begin_s) / SLOT_S + 1e-3)
            self._streams[index].send(slot, round_index + 1, due_s)
            self._next += 1
        self._wait()

    def _wait(self) -> None:
        if self._next < len(self._streams) * self._shape.num_rounds:
            self._timer.at(self._due_s())
        else:
            self._timer.stop()
            self.done.set()

    def _due_s(self) -> float:
        round_index, index = divmod(self._next, len(self._streams))
        return self._begin_s + round_index * self._shape.period_s + self._streams[index].offset_s


async def run_plan(plan: ClientPlan, lines: asyncio.StreamReader) -> LoadResult:
    """One window: ready, begin, and all answers that came in time to be counted."""
    outcome = _Outcome()
    indices = range(plan.client, plan.shape.num_senders, plan.shape.num_clients)
    streams = [_Stream(plan, index, outcome) for index in indices]
    try:
        for stream in streams:
            await stream.open()
        _tell(READY)
        begin_s = float(await lines.readline())
        if streams:
            await _Schedule(streams, plan, begin_s).done.wait()
            await asyncio.sleep(plan.shape.deadline_s + GRACE_S)
        return outcome.result(len(streams) * plan.shape.num_rounds, plan.shape.deadline_s)
    finally:
        for stream in streams:
            await stream.close()


async def serve() -> None:
    """Runs the plans that come on stdin, until it closes."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        _tell((await run_plan(ClientPlan.from_json(line.decode()), lines)).to_json())


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve())
