"""The slot clock at work: sends each slot to its roster, takes in what comes back, and changes things only between slots."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hiercoop.errors import HierCoopError, MessageError, UnreachableError
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.latency import LatencyWindow
from hiercoop.execution.simulator import Simulator
from hiercoop.logs import get_logger
from hiercoop.rpc.process import pause
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, ControlRequest, ControlResponse
from services.channel_sim.seat import Seat

log = get_logger(__name__)


@dataclass(frozen=True)
class _Command:
    request: ControlRequest
    answer: asyncio.Future[ControlResponse]


class SlotLoop:
    """Drives a simulator. In lock-step a slot ends when its roster has answered, in real time when `tick` says so."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.seats: dict[int, Seat] = {}
        self.wall_s = 0.0
        """Time spent in slots since the run began."""
        self.latency = LatencyWindow()
        """Wall time of the latest slots."""
        self.last_error = ""
        self.on_boundary: Callable[[], None] = lambda: None
        """Called between slots."""
        self._joining: deque[Seat] = deque()
        self._leaving: deque[Seat] = deque()
        self._commands: deque[_Command] = deque()
        self._is_in_slot = False
        self._is_draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._began_s = 0.0
        self._timeout: asyncio.TimerHandle | None = None

    @property
    def emulation(self) -> Emulation:
        """The run in hand."""
        return self.simulator.emulation

    @property
    def is_realtime(self) -> bool:
        """Whether the run's slots follow the wall clock."""
        return self.emulation.run.pacing == "realtime"

    def join(self, seat: Seat) -> None:
        """The agent is ready: it takes part from the next slot on."""
        self._joining.append(seat)
        self.wake()

    def retire(self, seat: Seat) -> None:
        """The agent wants to leave: it does so between slots, and answers until then."""
        seat.leaves_on_purpose = True
        self._leaving.append(seat)
        self.wake()

    def leave(self, seat: Seat) -> None:
        """The agent is gone. If the slot in hand still waits for it, the slot goes on without it."""
        seat.end()
        if self._is_in_slot and self.seats.get(seat.cell) is seat and self.emulation.awaits(seat.cell):
            if not seat.leaves_on_purpose:
                self.last_error = f"the agent of cell {seat.cell} was lost in slot {self.emulation.slot}"
            self._detach(seat)
            self._end_if_complete()
        else:
            self._leaving.append(seat)
            self.wake()

    def fail(self, seat: Seat, error: HierCoopError) -> None:
        """Ends an attach because of an error, which watchers see."""
        self.last_error = str(error)
        seat.end(error)

    async def control(self, request: ControlRequest) -> ControlResponse:
        """Applies a command at the next slot boundary; ConfigError where it is refused."""
        command = _Command(request, asyncio.get_running_loop().create_future())
        self._commands.append(command)
        self.wake()
        return await command.answer

    def receive(self, seat: Seat, allocation: Allocation) -> None:
        """Takes in an agent's answer; MessageError for one that is malformed or not its own."""
        if allocation.cell != seat.cell:
            raise MessageError(f"allocation for cell {allocation.cell} came from the agent of cell {seat.cell}")
        if self.emulation.receive(allocation):
            seat.note_answer()
            self._end_if_complete()

    def wake(self) -> None:
        """Looks whether the next slot can begin; between slots only."""
        if self._is_in_slot or self._is_draining:
            return
        self._pass_boundary()
        if not self.is_realtime:
            self._begin_slot()

    def tick(self, missed_ticks: int) -> None:
        """The wall time of a slot is over, and of so many more that nobody saw."""
        self.emulation.counts.late_slots += missed_ticks
        self.emulation.counts.skipped_ticks += missed_ticks
        if self._is_in_slot:
            self._end_slot()
        self._pass_boundary()
        self._begin_slot()

    async def drain(self, timeout_s: float) -> None:
        """Ends the slot in hand if it can be had in this time, begins no further one, and ends every attach."""
        self._is_draining = True
        if self._is_in_slot and self.is_realtime:
            self._end_slot()
        await pause(self._idle, timeout_s)
        self.end_all()

    def end_all(self) -> None:
        """Ends every attach, in order."""
        for seat in [*self.seats.values(), *self._joining]:
            seat.leaves_on_purpose = True
            seat.end()

    def _pass_boundary(self) -> None:
        while self._leaving:
            self._detach(self._leaving.popleft())
        while self._joining:
            self._seat(self._joining.popleft())
        while self._commands:
            self._apply(self._commands.popleft())
        self.on_boundary()

    def _seat(self, seat: Seat) -> None:
        if seat.run_epoch == self.emulation.run_epoch and not seat.over.done():
            self.seats[seat.cell] = seat
            self.emulation.join(seat.cell)
            log.info("agent joined", cell=seat.cell, attach_epoch=seat.attach_epoch, slot=self.emulation.slot)

    def _detach(self, seat: Seat) -> None:
        seat.end()
        if seat.run_epoch != self.emulation.run_epoch:
            return
        self.emulation.detach(seat.cell, seat.attach_epoch, seat.leaves_on_purpose)
        if self.seats.get(seat.cell) is seat:
            del self.seats[seat.cell]
            log.info("agent left", cell=seat.cell, slot=self.emulation.slot, on_purpose=seat.leaves_on_purpose)

    def _apply(self, command: _Command) -> None:
        run_epoch = self.emulation.run_epoch
        try:
            answer = self.simulator.control(command.request)
        except HierCoopError as error:
            command.answer.set_exception(error)
            return
        if self.emulation.run_epoch != run_epoch:
            self.end_all()
            self.seats.clear()
            self.wall_s = 0.0
            self.latency = LatencyWindow()
        # Its caller may have given up waiting.
        if not command.answer.done():
            command.answer.set_result(answer)

    def _begin_slot(self) -> None:
        if self._is_draining or not (self.emulation.attached or self.is_realtime):
            return
        if not self.simulator.begin_slot_allowed():
            return
        self._is_in_slot = True
        self._idle.clear()
        self._began_s = time.perf_counter()
        for cell, observation in self.emulation.begin_slot().items():
            self.seats[cell].send(observation)
        if not self.is_realtime:
            loop = asyncio.get_running_loop()
            self._timeout = loop.call_later(self.emulation.run.agent_timeout_s, self._give_up)

    def _end_if_complete(self) -> None:
        if self._is_in_slot and not self.is_realtime and self.emulation.is_complete:
            self._end_slot()
            self._pass_boundary()
            self._begin_slot()

    def _end_slot(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        self._is_in_slot = False
        self._idle.set()
        self.emulation.end_slot()
        slot_s = time.perf_counter() - self._began_s
        self.wall_s += slot_s
        self.latency.add(slot_s)

    def _give_up(self) -> None:
        """Lock-step has waited long enough: silent cells leave the roster, and the slot ends without them."""
        for cell, seat in list(self.seats.items()):
            if self.emulation.awaits(cell):
                log.warning("agent silent", cell=cell, slot=self.emulation.slot)
                self.emulation.drop_from_roster(cell)
                del self.seats[cell]
                self.fail(seat, UnreachableError(f"cell {cell} did not answer slot {self.emulation.slot} in time"))
        self._end_if_complete()
