"""What a request may reach: the board, a stretch of its history, and the simulator's controls if it holds the token."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hiercoop.execution.watch_series import MAX_SAMPLES, RunSeries, Span, run_series
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from services.upper_edge.web.board import Board, Run

_bearer = HTTPBearer(auto_error=False, description="Only where CONTROL_TOKEN is set")

SpanQuery = Annotated[
    Span, Query(description="recent: the latest 600 samples, about a minute; run: all of it, thinned")
]
PointsQuery = Annotated[
    int, Query(ge=2, le=MAX_SAMPLES, description="Points at most; fewer average over longer stretches")
]


def board_of(request: Request) -> Board:
    """The board of this application."""
    board: Board = request.app.state.board
    return board


def simulator_of(request: Request) -> ChannelSimServiceStub:
    """The simulator's stub of this application."""
    stub: ChannelSimServiceStub = request.app.state.simulator
    return stub


def check_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Refuses with 401 a request without the control token, where one is set."""
    token = request.app.state.settings.control_token
    given = credentials.credentials if credentials else ""
    if token is not None and not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise HTTPException(
            401,
            "this control needs the token of CONTROL_TOKEN; send it as Authorization: Bearer TOKEN",
            {"WWW-Authenticate": "Bearer"},
        )


def series_of(run: Run | None, span: Span, points: int) -> RunSeries | None:
    """The series of a stretch of the run at this number of points at most; None before there are two samples."""
    samples = run.history.samples(span, points) if run else []
    return run_series(samples, run.slot_duration_s) if run and len(samples) > 1 else None


BoardOf = Annotated[Board, Depends(board_of)]
SimulatorOf = Annotated[ChannelSimServiceStub, Depends(simulator_of)]
