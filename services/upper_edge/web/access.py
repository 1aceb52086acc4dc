"""What a request may reach: the board, a stretch of its history, and the simulator's controls if it holds the token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from hiercoop.execution.watch_series import MAX_SAMPLES, RunSeries, Span, run_series
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from services.upper_edge.web.board import Board, Run

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]

SpanQuery = Annotated[Span, Query(description="recent: the latest 600 samples, about a minute; run: all of it, thinned")]
PointsQuery = Annotated[int, Query(ge=2, le=MAX_SAMPLES, description="Points at most; fewer average over longer stretches")]


def board_of(request: Request) -> Board:
    """The board of this application."""
    board: Board = request.app.state.board
    return board


def simulator_of(request: Request) -> ChannelSimServiceStub:
    """The simulator's stub of this application."""
    stub: ChannelSimServiceStub = request.app.state.simulator
    return stub


def require_token(token: SecretStr) -> Callable[[Credentials], None]:
    """A dependency that refuses with 401 a request without this bearer token."""

    def check(credentials: Credentials) -> None:
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise HTTPException(
                401,
                "this command needs the token of CONTROL_TOKEN; send it as Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )

    return check


def series_of(run: Run | None, span: Span, points: int) -> RunSeries | None:
    """The series of a stretch of the run at this number of points at most; None before there are two samples."""
    samples = run.history.samples(span, points) if run else []
    return run_series(samples, run.slot_duration_s) if run and len(samples) > 1 else None


BoardOf = Annotated[Board, Depends(board_of)]
SimulatorOf = Annotated[ChannelSimServiceStub, Depends(simulator_of)]
