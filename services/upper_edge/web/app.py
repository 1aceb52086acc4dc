"""The web application: routes, problems, security headers, and the tasks that keep its board fed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware

from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.version import hiercoop_version
from hiercoop.rpc.client import open_channel
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from services.upper_edge.web import metrics, page
from services.upper_edge.web.access import require_token
from services.upper_edge.web.board import Board, Link
from services.upper_edge.web.problems import documented, install_problems
from services.upper_edge.web.routers import (
    capacity,
    cells,
    control,
    decision,
    delivery,
    events,
    options,
    policies,
    runs,
    scenarios,
    signalling,
    spectrum,
    status,
    stream,
    vehicles,
)
from services.upper_edge.web.routers import map as map_router
from services.upper_edge.web.run_store import RunStore
from services.upper_edge.web.settings import WebSettings
from services.upper_edge.web.watcher import follow_edge, follow_health, follow_simulator, keep_ageing, look_at_references

READINGS = (
    status,
    cells,
    map_router,
    vehicles,
    decision,
    options,
    capacity,
    delivery,
    signalling,
    spectrum,
    events,
    policies,
    runs,
    scenarios,
    stream,
)
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""A Watch answer tells of every vehicle, the edge's counters of every attach."""

DESCRIPTION = """What the small cells agreed on, what it was worth and what it cost.

Readings never wait for another service: without the simulator they hold the last that was heard, with `age_s` and `connection`.
Errors are RFC 9457 problem documents. Units end the names."""


class WebApp(FastAPI):
    """The application, whose document tells the truth about the stream."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document. FastAPI would call the stream's events strings too, since their media type is not JSON."""
        described = super().openapi()
        answer = described["paths"]["/api/v1/stream"]["get"]["responses"]["200"]
        answer["content"]["text/event-stream"]["schema"].pop("type", None)
        return described


def make_app(settings: WebSettings) -> FastAPI:
    """The application for these settings; its tasks run for as long as it is served."""
    shelf = PolicyShelf(Path(settings.policy))
    board = Board(Link(settings.sim_addr), Link(settings.edge_addr), shelf, settings.control_token is not None)
    app = WebApp(
        title="HierCoop",
        version=hiercoop_version(),
        description=DESCRIPTION,
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        # The interactive documentation would load scripts from another host.
        docs_url=None,
        redoc_url=None,
    )
    app.state.board = board
    app.state.run_store = RunStore(board, settings.runs_db, settings.max_runs, settings.max_runs_bytes)
    app.state.broadcast = stream.Broadcast(board)
    app.state.registry = metrics.make_registry(board)
    app.include_router(_api(settings))
    app.include_router(metrics.router)
    app.include_router(page.router)
    install_problems(app)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(page.SecurityHeaders)
    return app


def _api(settings: WebSettings) -> APIRouter:
    api = APIRouter(prefix="/api/v1", responses=documented(422))
    for noun in READINGS:
        api.include_router(noun.router, tags=[noun.__name__.rpartition(".")[2]])
    token = [Depends(require_token(settings.control_token))] if settings.control_token else []
    api.include_router(control.router, tags=["control"], dependencies=token)
    return api


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    board: Board = app.state.board
    store: RunStore = app.state.run_store
    async with (
        open_channel(board.simulator.address, MAX_ANSWER_BYTES) as simulator,
        open_channel(board.edge.address, MAX_ANSWER_BYTES) as edge,
        asyncio.TaskGroup() as group,
    ):
        app.state.simulator = ChannelSimServiceStub(simulator)
        tasks = [
            group.create_task(work)
            for work in (
                follow_simulator(board, simulator),
                follow_edge(board, edge),
                follow_health(board.simulator, simulator),
                follow_health(board.edge, edge),
                keep_ageing(board),
                look_at_references(board),
                store.keep(),
            )
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await store.close()
