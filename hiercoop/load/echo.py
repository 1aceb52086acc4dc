"""`python -m hiercoop.load.echo`: a bare grpc.aio server that answers bytes with bytes: what the transport alone would cost.

It has the channel options and the event loop of our servers and neither health, reflection nor interceptors. Its first line
on stdout is its address.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc
import uvloop

from hiercoop.rpc.channel_options import server_options

SERVICE = "hiercoop.load.Echo"
ECHO_METHOD = f"/{SERVICE}/Exchange"
ANSWER_BYTES_KEY = "answer-bytes"
"""Metadata of the stream: how long an answer is to be."""


async def exchange(requests: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Answers each message of one stream."""
    metadata = dict(context.invocation_metadata() or ())
    answer = bytes(int(metadata[ANSWER_BYTES_KEY]))
    while await context.read() is not grpc.aio.EOF:
        await context.write(answer)


async def serve() -> None:
    """Answers until stdin closes, as it does when the one who started it ends."""
    server = grpc.aio.server(options=server_options())
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(exchange)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {"Exchange": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"127.0.0.1:{port}\n")
    sys.stdout.flush()
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    await stdin.read()
    await server.stop(None)


if __name__ == "__main__":
    uvloop.run(serve())
