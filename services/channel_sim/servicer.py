"""`ChannelSimService`: agents attach, people control, pages watch."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from hiercoop.errors import HandshakeError, HierCoopError, MessageError, UnreachableError
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.rpc.slot_stream import SlotConnection, SlotListener
from hiercoop.rpc.v1.channel_sim_service_pb2 import (
    Allocation,
    ControlRequest,
    ControlResponse,
    Hello,
    SlotObservation,
    WatchRequest,
    WatchResponse,
    Welcome,
)
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceServicer
from services.channel_sim.cell_desk import CellDesk
from services.channel_sim.grpc_slots import GrpcSlots
from services.channel_sim.seat import Seat
from services.channel_sim.slot_loop import SlotLoop
from services.channel_sim.watch import WatchDesk

TOKEN_BYTES = 16

Context = grpc.aio.ServicerContext[Any, Any]


class ChannelSimServicer(ChannelSimServiceServicer):
    """The gRPC face of the slot loop."""

    def __init__(self, slots: SlotLoop, desk: CellDesk, listener: SlotListener, watch: WatchDesk) -> None:
        self.slot_port = 0
        """Set once the listener has its port."""
        self._slots = slots
        self._desk = desk
        self._listener = listener
        self._watch = watch

    async def Attach(self, request_iterator: object, context: Context) -> None:
        """One agent's lease on a cell; see channel_sim_service.proto."""
        hello = _checked(await context.read())

        async def say_standby() -> None:
            await context.write(SlotObservation(welcome=Welcome(is_standby=True)))

        seat = await self._desk.take(hello, say_standby)
        try:
            await self._hold(seat, hello, context)
        finally:
            self._listener.forget(seat.welcome.slot_token)
            self._slots.leave(seat)

    async def Control(self, request: ControlRequest, context: Context) -> ControlResponse:
        """Applies a command at the next slot boundary."""
        return await self._slots.control(request)

    async def Watch(self, request: WatchRequest, context: Context) -> AsyncIterator[WatchResponse]:
        """Cumulative counters, a few times a second."""
        async for response in self._watch.responses(request):
            yield response

    async def _hold(self, seat: Seat, hello: Hello, context: Context) -> None:
        """Keeps the lease until the agent leaves, breaks off, or the simulator ends it."""
        if hello.uses_slot_port:
            seat.welcome.slot_port = self.slot_port
            seat.welcome.slot_token = secrets.token_bytes(TOKEN_BYTES)
            self._listener.expect(seat.welcome.slot_token, lambda connection: self._take_slots(seat, connection))
        await context.write(_as_message(seat))
        slots = None if hello.uses_slot_port else GrpcSlots(context)
        if slots is not None:
            seat.connect(slots.send)
            self._slots.join(seat)
        reading = asyncio.create_task(self._read(seat, context, has_slots=slots is not None))
        try:
            await asyncio.wait([reading, seat.over], return_when=asyncio.FIRST_COMPLETED)
            if seat.over.done():
                seat.over.result()
                await context.write(SlotObservation(cell=seat.cell, attach_epoch=seat.attach_epoch, is_end=True))
            else:
                reading.result()
        finally:
            reading.cancel()
            if slots is not None:
                slots.stop()

    async def _read(self, seat: Seat, context: Context, has_slots: bool) -> None:
        """Returns when the agent has closed its half; MessageError for what does not belong on this stream."""
        while isinstance(message := await context.read(), Allocation):
            if message.is_detach:
                self._slots.retire(seat)
            elif not has_slots:
                raise MessageError("slots of this attach go over its slot port; send only is_detach here")
            else:
                self._slots.receive(seat, message)

    def _take_slots(self, seat: Seat, connection: SlotConnection) -> None:
        """The agent has opened its slot connection: it is ready."""

        def on_frame(frame: bytes) -> None:
            try:
                self._slots.receive(seat, _parse(frame))
            except HierCoopError as error:
                self._slots.fail(seat, error)

        connection.on_frame = on_frame
        connection.on_lost = lambda: self._lose(seat)
        seat.over.add_done_callback(lambda over: _end_slots(connection, over))
        seat.connect(connection.send)
        self._slots.join(seat)

    def _lose(self, seat: Seat) -> None:
        if not seat.over.done():
            self._slots.fail(seat, UnreachableError(f"the slot connection of cell {seat.cell} ended"))
        self._slots.leave(seat)


def _end_slots(connection: SlotConnection, over: asyncio.Future[None]) -> None:
    if over.exception() is None:
        connection.send(SlotObservation(is_end=True))
    connection.close()


def _parse(frame: bytes) -> Allocation:
    try:
        return Allocation.FromString(frame)
    except DecodeError as error:
        raise MessageError(f"a slot frame of {len(frame)} bytes is no Allocation") from error


def _checked(message: object) -> Hello:
    if not isinstance(message, Allocation) or not message.HasField("hello"):
        raise MessageError("the first message of Attach must carry hello")
    version = message.hello.protocol_version
    if version != PROTOCOL_VERSION:
        raise HandshakeError(f"protocol_version={version} came, {PROTOCOL_VERSION} is wanted")
    return message.hello


def _as_message(seat: Seat) -> SlotObservation:
    return SlotObservation(cell=seat.cell, run_epoch=seat.run_epoch, attach_epoch=seat.attach_epoch, welcome=seat.welcome)
