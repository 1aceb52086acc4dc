"""`python -m services.upper_edge.web`: serves the REST API and the page until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator

import uvicorn

from hiercoop.errors import ConfigError, UnreachableError, outcome_of
from hiercoop.logs import get_logger
from hiercoop.rpc.process import read_settings, run_service
from services.upper_edge.web.app import make_app
from services.upper_edge.web.settings import WebSettings

log = get_logger(__name__)

DRAIN_S = 2
SEND_BUFFER_BYTES = 64 * 1024
"""Of each connection: a client that stops reading finds no more than this of the past when it goes on."""


class Server(uvicorn.Server):
    """A server whose end is asked for by its caller, not by signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: signals are handled where the process is run."""
        yield


def listen(settings: WebSettings) -> socket.socket:
    """A listening socket; UnreachableError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    try:
        listener = socket.create_server((settings.http_host, settings.http_port), family=family, backlog=512)
    except OSError as error:
        raise UnreachableError(
            f"HTTP_PORT={settings.http_port} on {settings.http_host} cannot be had ({error.strerror}); "
            "free it, or choose another HTTP_PORT or HTTP_HOST"
        ) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return listener


async def serve(settings: WebSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set, then ends the event streams, which would hold the server back, and the server."""
    app = make_app(settings)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_S)
    server = Server(config)
    with listen(settings) as listener:
        host, port = listener.getsockname()[:2]
        log.info("serving", url=f"http://{host}:{port}/", simulator=settings.sim_addr, edge=settings.edge_addr)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        app.state.board.close()
        server.should_exit = True
        await serving
    log.info("stopped")


def main() -> int:
    """Exit code: 0 stopped as told, 3 a setting out of bounds, 4 the port is taken."""
    try:
        settings = read_settings(WebSettings)
    except ConfigError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return run_service(lambda stop: serve(settings, stop), settings.log_level, settings.log_json)


if __name__ == "__main__":
    sys.exit(main())
