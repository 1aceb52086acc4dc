"""`python -m tests.web.readers URL COUNT`: so many open event streams, the first of which is never read, until stdin ends.

They stand for pages on other machines, so they do next to nothing and come after everything else on this one. On leaving they
write how many snapshots the others have read, as one JSON object.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from urllib.parse import urlsplit

LEAST_PRIORITY = 19
SMALL_BUFFER_BYTES = 4096
CHUNK_BYTES = 2**18
SNAPSHOT = b"event: snapshot"


def opened(url: str, receive_buffer_bytes: int | None = None) -> socket.socket:
    """A connection that has asked for the stream, with one cell's decisions, as a page does."""
    address = urlsplit(url)
    connection = socket.socket()
    if receive_buffer_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    connection.connect((address.hostname, address.port))
    connection.sendall(f"GET /api/v1/stream?span=recent&cell=0 HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    connection.setblocking(False)
    return connection


def read_until_stdin_ends(readers: list[socket.socket]) -> int:
    """Snapshots that were read."""
    by_number = {reader.fileno(): reader for reader in readers}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    found = 0
    while True:
        for number, _ in poll.poll():
            if number == sys.stdin.fileno():
                return found
            chunk = by_number[number].recv(CHUNK_BYTES)
            if not chunk:
                raise ConnectionError("the server ended a stream; see its log")
            found += chunk.count(SNAPSHOT)


def main(url: str, count: str) -> None:
    """Opens the streams and reads all but one of them."""
    os.nice(LEAST_PRIORITY)
    stalled = opened(url, SMALL_BUFFER_BYTES)
    readers = [opened(url) for _ in range(int(count) - 1)]
    snapshots = read_until_stdin_ends(readers)
    stalled.close()
    sys.stdout.write(json.dumps({"snapshots": snapshots, "readers": len(readers)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
