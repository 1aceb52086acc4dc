"""`python -m tests.web.scripted_site VEHICLES`: the page before a scripted simulator that takes next to no processor time.

It writes its address on stdout and goes on, 1,000 slots a second, until stdin ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from tests.web.conftest import open_site
from tests.web.scripted import ScriptedStack

PERIOD_S = 0.1
SLOTS_A_PERIOD = 100


@contextlib.asynccontextmanager
async def going_on(stack: ScriptedStack) -> AsyncIterator[None]:
    """Slots end in real time, told ten times a second."""

    async def advance() -> None:
        while True:
            stack.simulator.run.advance(SLOTS_A_PERIOD)
            await asyncio.sleep(PERIOD_S)

    advancing = asyncio.create_task(advance())
    try:
        yield
    finally:
        advancing.cancel()


async def main(num_vehicles: int) -> None:
    """Serves until stdin ends."""
    stack = ScriptedStack()
    stack.simulator.run.num_vehicles = num_vehicles
    await stack.start()
    async with open_site(stack) as site, going_on(stack):
        sys.stdout.write(f"{site.client.base_url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    await stack.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
