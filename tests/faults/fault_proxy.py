"""A TCP proxy that does to connections what networks do to them: switchable while they go on, from any thread.

Bytes are late, slow, cut small or held back, but never lost or out of order: that is what TCP makes of a bad network. In a
black hole everything waits, the end of a connection too, and arrives late when it is over, as retransmissions do.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TypeVar

READ_BYTES = 65536
MAX_PIECES = 4096
"""Pieces on their way in one direction; a sender beyond that is held up."""
SLICE_PAUSE_S = 0.001
"""Between slices, or the kernel would put them together again."""
CALL_TIMEOUT_S = 10.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Faults:
    """What befalls both directions of every connection; by default nothing."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    """Up to so much more, drawn for each piece; order is kept."""
    bandwidth_bps: float = math.inf
    slice_bytes: int = READ_BYTES
    is_black_hole: bool = False


NO_FAULTS = Faults()
BLACK_HOLE = Faults(is_black_hole=True)


class _Reader(asyncio.StreamReader):
    """Tells the end of a connection even while nobody reads from it."""

    def __init__(self) -> None:
        super().__init__(READ_BYTES)
        self.ended = asyncio.Event()

    def feed_eof(self) -> None:
        self.ended.set()
        super().feed_eof()

    def set_exception(self, exception: Exception) -> None:
        self.ended.set()
        super().set_exception(exception)


class _Connection:
    """One connection through the proxy: its near end was accepted, its far end dialled."""

    def __init__(self, proxy: FaultProxy, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._near = near
        self._far = far
        self._is_half_open = False
        for writer in (near, far):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def run(self, near_reader: asyncio.StreamReader, far_reader: asyncio.StreamReader) -> None:
        """Passes everything on until both directions have ended."""
        await asyncio.gather(self._pump(near_reader, self._far), self._pump(far_reader, self._near))

    def reset(self) -> None:
        """Both ends are told at once that the connection is gone."""
        _abort(self._near)
        _abort(self._far)

    def half_open(self) -> None:
        """The far end is told that the connection is gone, the near end is not, and speaks to nobody."""
        self._is_half_open = True
        _abort(self._far)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MAX_PIECES)
        sending = asyncio.create_task(self._send(pieces, sink))
        try:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(READ_BYTES):
                    for piece in _sliced(data, self._proxy.faults.slice_bytes):
                        await pieces.put((self._due_s(), piece))
            await pieces.put((self._due_s(), b""))
            await sending
        finally:
            sending.cancel()

    async def _send(self, pieces: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        while True:
            due_s, piece = await pieces.get()
            await _wait(due_s - asyncio.get_running_loop().time())
            await self._proxy.passes.wait()
            if not piece:
                break
            if self._is_half_open or sink.is_closing():
                continue
            faults = self._proxy.faults
            await _wait(8 * len(piece) / faults.bandwidth_bps)
            sink.write(piece)
            with contextlib.suppress(ConnectionError):
                await sink.drain()
            await _wait(SLICE_PAUSE_S if faults.slice_bytes < READ_BYTES else 0.0)
        if not (self._is_half_open and sink is self._near):
            sink.close()

    def _due_s(self) -> float:
        faults = self._proxy.faults
        return asyncio.get_running_loop().time() + faults.latency_s + faults.jitter_s * random.random()


class FaultProxy:
    """Listens on `host:port` (0: any free port) and passes connections on to `target_port` of this machine."""

    def __init__(self, target_port: int, host: str = "127.0.0.1", port: int = 0) -> None:
        self.faults = NO_FAULTS
        self.passes = asyncio.Event()
        self._target_port = target_port
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy")
        self._thread.start()
        self._server, self.port = self._call(self._listen(host, port))

    @property
    def num_connections(self) -> int:
        """Connections that pass through now."""
        return len(self._connections)

    def set(self, faults: Faults) -> None:
        """From now on these faults, for connections that go on as for new ones."""
        self._call(self._set(faults))

    def reset(self) -> None:
        """Ends all connections by TCP resets to both sides."""
        self._call(self._each(_Connection.reset))

    def half_open(self) -> None:
        """Resets the target's side of all connections and leaves the other side in the dark; new ones pass."""
        self._call(self._each(_Connection.half_open))

    def close(self) -> None:
        """Ends everything."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    async def _listen(self, host: str, port: int) -> tuple[asyncio.Server, int]:
        await self._set(NO_FAULTS)
        server = await self._loop.create_server(
            lambda: asyncio.StreamReaderProtocol(_Reader(), self._accept), host, port, backlog=4096
        )
        return server, int(server.sockets[0].getsockname()[1])

    async def _set(self, faults: Faults) -> None:
        self.faults = faults
        if faults.is_black_hole:
            self.passes.clear()
        else:
            self.passes.set()

    async def _each(self, act: Callable[[_Connection], None]) -> None:
        for connection in list(self._connections):
            act(connection)

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(reader, _Reader)
        self._tasks.add(task)
        try:
            await self._pass_on(reader, near)
        except OSError:
            _abort(near)
        finally:
            self._tasks.discard(task)
            near.close()

    async def _pass_on(self, reader: _Reader, near: asyncio.StreamWriter) -> None:
        # One that gives up before the black hole is over never reaches the target.
        waits = [asyncio.create_task(event.wait()) for event in (self.passes, reader.ended)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not self.passes.is_set():
            return
        far_reader, far = await asyncio.open_connection("127.0.0.1", self._target_port)
        connection = _Connection(self, near, far)
        self._connections.add(connection)
        try:
            await connection.run(reader, far_reader)
        finally:
            self._connections.discard(connection)
            far.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Closed sockets are given back at the loop's next turn.
        await asyncio.sleep(0)


@contextlib.contextmanager
def fault_proxy(target_port: int, host: str = "127.0.0.1", port: int = 0) -> Iterator[FaultProxy]:
    """A proxy that is closed on leaving."""
    proxy = FaultProxy(target_port, host, port)
    try:
        yield proxy
    finally:
        proxy.close()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Closes with a TCP reset, what was not sent is lost."""
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        writer.transport.abort()


def _sliced(data: bytes, slice_bytes: int) -> list[bytes]:
    return [data[start : start + slice_bytes] for start in range(0, len(data), slice_bytes)]


async def _wait(seconds: float) -> None:
    if seconds > 0.0:
        await asyncio.sleep(seconds)
