"""A TCP proxy that reads the HTTP/2 frames which pass through it, and counts them and their bytes by type and direction."""

from __future__ import annotations

import socket
import threading
from collections import Counter

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_BYTES = 9
FRAME_TYPES = {0: "DATA", 1: "HEADERS", 3: "RST_STREAM", 4: "SETTINGS", 6: "PING", 7: "GOAWAY", 8: "WINDOW_UPDATE"}


class FrameCount:
    """Frames of one direction of all connections."""

    def __init__(self) -> None:
        self.frames: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        """Headers included."""

    def total_bytes(self) -> int:
        """All that went this way, the preface aside."""
        return sum(self.bytes.values())


class FrameProxy:
    """Listens on a port of its own and passes everything on to `target_port`, both on this machine."""

    def __init__(self, target_port: int) -> None:
        self.up, self.down = FrameCount(), FrameCount()
        self._target_port = target_port
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def snapshot(self) -> dict[str, dict[str, Counter[str]]]:
        """Frames and bytes by direction and type, as they are now."""
        with self._lock:
            return {
                name: {"frames": Counter(count.frames), "bytes": Counter(count.bytes)}
                for name, count in (("up", self.up), ("down", self.down))
            }

    def close(self) -> None:
        """Ends all connections."""
        for connection in (self._listener, *self._sockets):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                near.close()
                continue
            for connection in (near, far):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets += [near, far]
            threading.Thread(target=self._pump, args=(near, far, self.up, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, self.down, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, count: FrameCount, has_preface: bool) -> None:
        buffer = b""
        try:
            while data := source.recv(65536):
                sink.sendall(data)
                buffer += data
                if has_preface and len(buffer) >= len(PREFACE):
                    buffer, has_preface = buffer.removeprefix(PREFACE), False
                if not has_preface:
                    buffer = self._count(buffer, count)
        except OSError:
            return
        finally:
            sink.close()

    def _count(self, buffer: bytes, count: FrameCount) -> bytes:
        """What is left of the buffer once its whole frames are counted."""
        while len(buffer) >= HEADER_BYTES:
            size = HEADER_BYTES + int.from_bytes(buffer[:3], "big")
            if len(buffer) < size:
                break
            name = FRAME_TYPES.get(buffer[3], f"type {buffer[3]}")
            with self._lock:
                count.frames[name] += 1
                count.bytes[name] += size
            buffer = buffer[size:]
        return buffer
