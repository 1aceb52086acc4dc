"""Who gets which cell, and who stands by until one is free."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hiercoop.rpc.v1.channel_sim_service_pb2 import Hello, Welcome
from services.channel_sim.seat import Seat
from services.channel_sim.slot_loop import SlotLoop


@dataclass(eq=False)
class _Waiter:
    wanted: int | None
    hello: Hello
    welcome: asyncio.Future[Welcome]


class CellDesk:
    """Gives free cells to agents in the order in which they asked."""

    def __init__(self, slots: SlotLoop) -> None:
        self._slots = slots
        self._waiters: list[_Waiter] = []

    @property
    def num_standing_by(self) -> int:
        """Agents without a cell."""
        return len(self._waiters)

    async def take(self, hello: Hello, on_standby: Callable[[], Awaitable[None]]) -> Seat:
        """A seat, at once or when one is free; MessageError for a wanted cell that does not exist."""
        wanted = hello.wanted_cell if hello.HasField("wanted_cell") else None
        cell = self._slots.emulation.free_cell(wanted)
        if cell is not None:
            return Seat(self._slots.emulation.reserve(cell, hello.agent, hello.version))
        waiter = _Waiter(wanted, hello, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        seat = None
        try:
            await on_standby()
            seat = Seat(await waiter.welcome)
            return seat
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif seat is None and not waiter.welcome.cancelled():
                # The agent went away in the moment in which it was given a cell.
                self._slots.leave(Seat(waiter.welcome.result()))

    def offer(self) -> None:
        """Gives what is free to those who stand by."""
        for waiter in list(self._waiters):
            cell = self._slots.emulation.free_cell(waiter.wanted)
            if cell is not None and not waiter.welcome.done():
                self._waiters.remove(waiter)
                waiter.welcome.set_result(self._slots.emulation.reserve(cell, waiter.hello.agent, waiter.hello.version))
