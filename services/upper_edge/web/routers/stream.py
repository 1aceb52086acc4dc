"""GET stream: the newest state as server-sent events, ten a second at most, and the series once a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from hiercoop.execution.watch_series import Span
from services.upper_edge.web.access import BoardOf, SpanQuery
from services.upper_edge.web.board import Board
from services.upper_edge.web.models import Answer
from services.upper_edge.web.routers.capacity import Capacity, capacity_of
from services.upper_edge.web.routers.cells import Cells, cells_of
from services.upper_edge.web.routers.decision import Decision, decision_of
from services.upper_edge.web.routers.delivery import Delivery, delivery_of
from services.upper_edge.web.routers.events import Events, events_of
from services.upper_edge.web.routers.options import OptionDistribution, distribution_of
from services.upper_edge.web.routers.signalling import Signalling, signalling_of
from services.upper_edge.web.routers.spectrum import Spectrum, spectrum_of
from services.upper_edge.web.routers.status import Status, status_of
from services.upper_edge.web.routers.vehicles import Vehicles, vehicles_of

MIN_INTERVAL_S = 0.1
ALL_FRAMES_PER_S = 250
"""Of all clients together: many pages are shown fewer states each, so that decisions never pay for who looks on."""
SERIES_INTERVAL_S = 1.0
SLOW_CLIENT_LIMIT_S = 30.0
CAPACITY_POINTS = 120
DELIVERY_POINTS = 40
LOG_ENTRIES = 50


class Snapshot(Answer):
    """The data of a `snapshot` event."""

    status: Status
    cells: Cells
    vehicles: Vehicles
    spectrum: Spectrum


class Series(Answer):
    """The data of a `series` event."""

    options: OptionDistribution
    capacity: Capacity
    delivery: Delivery
    signalling: Signalling
    events: Events


class StreamEvents(Answer):
    """The data of each kind of event, by its name; every event carries one of them as JSON."""

    snapshot: Snapshot = Field(description="At most ten a second, the newest state each time")
    decision: Decision = Field(description="With each snapshot, where `cell` was asked for")
    series: Series = Field(description="About once a second")


class Broadcast:
    """Each event made and encoded once, however many clients read it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.num_clients = 0
        self._snapshot = (-1, b"")
        self._decisions: dict[int, tuple[int, bytes]] = {}
        self._series: dict[Span, tuple[float, int, bytes]] = {}

    @property
    def interval_s(self) -> float:
        """Least time between two events of one client [s]."""
        return max(MIN_INTERVAL_S, self.num_clients / ALL_FRAMES_PER_S)

    def snapshot(self) -> bytes:
        """The newest state as an event."""
        board = self.board
        if self._snapshot[0] != board.version:
            snapshot = Snapshot(
                status=status_of(board),
                cells=cells_of(board),
                vehicles=vehicles_of(board),
                spectrum=spectrum_of(board),
            )
            self._snapshot = (board.version, _event("snapshot", snapshot))
        return self._snapshot[1]

    def decision(self, cell: int) -> bytes:
        """The newest decision of one cell as an event."""
        version, event = self._decisions.get(cell, (-1, b""))
        if version != self.board.version:
            event = _event("decision", decision_of(self.board, cell))
            self._decisions[cell] = (self.board.version, event)
        return event

    def series(self, span: Span) -> bytes:
        """The series as an event, at most one interval old and never of an earlier run."""
        board = self.board
        now_s, epoch = board.clock(), board.run.response.run_epoch if board.run else 0
        made_s, made_epoch, event = self._series.get(span, (-SERIES_INTERVAL_S, 0, b""))
        if made_s + SERIES_INTERVAL_S <= now_s or made_epoch != epoch:
            series = Series(
                options=distribution_of(board, span, CAPACITY_POINTS),
                capacity=capacity_of(board, span, CAPACITY_POINTS),
                delivery=delivery_of(board, span, DELIVERY_POINTS),
                signalling=signalling_of(board, span, CAPACITY_POINTS),
                events=events_of(board, 0, LOG_ENTRIES),
            )
            event = _event("series", series)
            self._series[span] = (now_s, epoch, event)
        return event


def _event(name: str, data: Answer) -> bytes:
    return ServerSentEvent(data.model_dump_json(), event=name).encode()


class EventStream(EventSourceResponse):
    """Server-sent events, under their own media type in the OpenAPI document."""

    media_type = "text/event-stream"


def broadcast_of(request: Request) -> Broadcast:
    """The broadcast of this application."""
    broadcast: Broadcast = request.app.state.broadcast
    return broadcast


OptionalCell = Annotated[int | None, Query(ge=0, le=63, description="Adds the decisions of this small cell")]

router = APIRouter()


@router.get(
    "/stream",
    response_class=EventStream,
    responses={200: {"description": "Events `snapshot`, `decision` and `series`", "model": StreamEvents}},
)
async def stream(
    board: BoardOf,
    broadcast: Annotated[Broadcast, Depends(broadcast_of)],
    span: SpanQuery = "recent",
    cell: OptionalCell = None,
) -> EventStream:
    """The newest state, ten times a second at most; a client that is slow misses states instead of queueing them."""
    return EventStream(event_source(board, broadcast, span, cell), ping=15, send_timeout=SLOW_CLIENT_LIMIT_S)


async def event_source(board: Board, broadcast: Broadcast, span: Span, cell: int | None = None) -> AsyncGenerator[bytes]:
    """Events for one client, those of one moment together, made when the client is ready for them, until the board closes."""
    shown, sent_series = -1, b""
    broadcast.num_clients += 1
    try:
        while True:
            shown = await board.newer_than(shown)
            if board.is_closed:
                return
            events = [broadcast.snapshot()]
            if not sent_series:
                # Who has just come sees the state before the rest is worked out.
                yield events.pop()
            if cell is not None:
                events.append(broadcast.decision(cell))
            if (series := broadcast.series(span)) != sent_series:
                sent_series = series
                events.append(series)
            # One chunk: sending costs the server more than making what is sent.
            yield b"".join(events)
            await asyncio.sleep(broadcast.interval_s)
    finally:
        broadcast.num_clients -= 1
