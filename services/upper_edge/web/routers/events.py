"""GET events: what happened, newest last."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board
from services.upper_edge.web.models import Answer, Reading, freshness


class LogEntry(Answer):
    """One event, as this process saw it."""

    id: int = Field(description="Rises by one; from 1 at the start of this process", examples=[17])
    at_unix_s: float = Field(description="When it was seen", examples=[1_790_000_000.0])
    level: Literal["info", "warning", "error"]
    source: str = Field(examples=["cell 1"])
    text: str = Field(examples=["its agent left without saying so"])
    run_epoch: int | None = Field(examples=[3])
    slot: int | None = Field(description="Latest slot known then", examples=[12_400])


class Events(Reading):
    """The event log; the latest 500 are kept."""

    latest_id: int = Field(examples=[17])
    events: list[LogEntry]


AfterQuery = Annotated[int, Query(ge=0, le=2**53, description="Only events with a greater id")]
LimitQuery = Annotated[int, Query(ge=1, le=500, description="The newest so many")]

router = APIRouter()


@router.get("/events")
async def read_events(board: BoardOf, after: AfterQuery = 0, limit: LimitQuery = 100) -> Events:
    """What happened: agents come and go, commands, losses, errors."""
    return events_of(board, after, limit)


def events_of(board: Board, after: int, limit: int) -> Events:
    """The log as the board knows it now."""
    kept = [entry for entry in board.log.entries if entry.id > after][-limit:]
    return Events.model_validate(
        {**freshness(board), "latest_id": board.log.latest_id, "events": [vars(entry) for entry in kept]}
    )
