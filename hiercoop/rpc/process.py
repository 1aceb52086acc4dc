"""How a service lives: logs, an event loop, an orderly end on SIGTERM or Ctrl-C, and an exit code that says why."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import uvloop
from pydantic import BaseModel, ValidationError

from hiercoop.errors import ConfigError, HierCoopError, outcome_of
from hiercoop.logs import configure_logs, get_logger

log = get_logger(__name__)

Main = Callable[[asyncio.Event], Awaitable[None]]
Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(kind: type[Settings]) -> Settings:
    """The settings of a service; ConfigError naming the first variable that is out of bounds."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{str(first['loc'][0]).upper()}={first['input']!r}: {first['msg']}") from error


def run_service(main: Main, log_level: str = "info", log_json: bool = False) -> int:
    """The exit code of `main(stop)`: `stop` is set on SIGTERM and SIGINT; an error of ours is logged as one sentence."""
    configure_logs(log_level, log_json)
    try:
        uvloop.run(_until_signalled(main))
    except HierCoopError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return 0


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Returns after so many seconds, or as soon as `stop` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def _until_signalled(main: Main) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    defects: list[BaseException] = []

    def on_defect(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A callback that fails leaves the service half alive: it ends, and whoever started it starts it again."""
        loop.default_exception_handler(context)
        error = context.get("exception")
        if error is not None and not isinstance(error, OSError):
            defects.append(error)
            stop.set()

    loop.set_exception_handler(on_defect)
    await main(stop)
    if defects:
        raise defects[0]
