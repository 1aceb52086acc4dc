"""How a service lives: logs, an event loop, an orderly end on SIGTERM or Ctrl-C, and an exit code that says why."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

from hiercoop.errors import HierCoopError, outcome_of
from hiercoop.logs import configure_logs, get_logger

log = get_logger(__name__)

Main = Callable[[asyncio.Event], Awaitable[None]]


def run_service(main: Main, log_level: str = "info", log_json: bool = False) -> int:
    """The exit code of `main(stop)`: `stop` is set on SIGTERM and SIGINT; an error of ours is logged as one sentence."""
    configure_logs(log_level, log_json)
    try:
        uvloop.run(_until_signalled(main))
    except HierCoopError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return 0


async def _until_signalled(main: Main) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await main(stop)
