"""The slot exchange between simulator and SBS: the messages of `hiercoop.rpc.v1` as frames on one TCP connection.

A frame is a 4-byte little-endian length and that many bytes. The agent's first frame is the token that `Attach` gave it;
after that Allocations go up and SlotObservations down. It stands for the air interface; nothing between SBS and edge goes
this way. A lock-step round of three cells takes a fifth of the time that it takes over gRPC streams.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from google.protobuf.message import Message

from hiercoop.errors import UnreachableError
from hiercoop.logs import get_logger
from hiercoop.rpc.channel_options import MAX_MESSAGE_BYTES

log = get_logger(__name__)

HEADER_BYTES = 4
MAX_TOKEN_BYTES = 64
TOKEN_TIMEOUT_S = 2.0

OnFrame = Callable[[bytes], None]
OnLost = Callable[[], None]


class SlotConnection(asyncio.Protocol):
    """One end of a slot connection: whole frames in, through `on_frame`; messages out, through `send`."""

    def __init__(self, on_frame: OnFrame, on_lost: OnLost, max_frame_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.on_frame = on_frame
        self.on_lost = on_lost
        self.max_frame_bytes = max_frame_bytes
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Called by the event loop; hands on each whole frame and keeps the rest."""
        buffer = self._buffer + data if self._buffer else data
        start = 0
        while len(buffer) - start >= HEADER_BYTES and self._transport is not None:
            end = start + HEADER_BYTES + int.from_bytes(buffer[start : start + HEADER_BYTES], "little")
            if end - start - HEADER_BYTES > self.max_frame_bytes:
                log.warning("frame refused", size=end - start - HEADER_BYTES, bound=self.max_frame_bytes)
                self.close()
                return
            if len(buffer) < end:
                break
            self.on_frame(buffer[start + HEADER_BYTES : end])
            start = end
        self._buffer = buffer[start:]

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop."""
        self._transport = None
        self.on_lost()

    def send(self, message: Message) -> None:
        """Sends one message; nothing happens on a closed connection, whose owner has been told."""
        self.send_frame(message.SerializeToString())

    def send_frame(self, frame: bytes) -> None:
        """Sends one frame."""
        if self._transport is not None:
            self._transport.write(len(frame).to_bytes(HEADER_BYTES, "little") + frame)

    def close(self) -> None:
        """Closes the connection once what was sent is out; nothing more comes in, and `on_lost` follows."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class SlotListener:
    """The simulator's end: accepts connections and gives each to the owner of the token that it shows."""

    def __init__(self) -> None:
        self._owners: dict[bytes, Callable[[SlotConnection], None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int = 0) -> int:
        """Listens and returns the port; UnreachableError where it cannot be had."""
        try:
            self._server = await asyncio.get_running_loop().create_server(self._accept, host, port)
        except OSError as error:
            raise UnreachableError(f"cannot listen at {host}:{port}: {error.strerror}; choose another slot port") from error
        return int(self._server.sockets[0].getsockname()[1])

    def expect(self, token: bytes, owner: Callable[[SlotConnection], None]) -> None:
        """Gives the next connection that shows this token to `owner`, once."""
        self._owners[token] = owner

    def forget(self, token: bytes) -> None:
        """Refuses the token from now on."""
        self._owners.pop(token, None)

    def stop(self) -> None:
        """Refuses new connections; those given away stay with their owners."""
        if self._server is not None:
            self._server.close()

    def _accept(self) -> SlotConnection:
        def check_token(frame: bytes) -> None:
            timeout.cancel()
            owner = self._owners.pop(frame, None)
            if owner is None:
                log.warning("slot connection refused", reason="unknown token")
                connection.close()
                return
            connection.max_frame_bytes = MAX_MESSAGE_BYTES
            owner(connection)

        connection = SlotConnection(check_token, lambda: timeout.cancel(), MAX_TOKEN_BYTES)
        timeout = asyncio.get_running_loop().call_later(TOKEN_TIMEOUT_S, connection.close)
        return connection


async def connect_slot_stream(host: str, port: int, token: bytes, on_frame: OnFrame, on_lost: OnLost) -> SlotConnection:
    """The agent's end, token shown; UnreachableError where nobody listens."""
    try:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: SlotConnection(on_frame, on_lost), host, port
        )
    except OSError as error:
        raise UnreachableError(f"the simulator's slot port {host}:{port} does not answer: {error.strerror}") from error
    connection.send_frame(token)
    return connection
