"""A served web application with a scripted simulator and edge behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from services.upper_edge.web.__main__ import Server, listen
from services.upper_edge.web.app import make_app
from services.upper_edge.web.board import Board
from services.upper_edge.web.settings import WebSettings
from tests.web.scripted import ScriptedStack


@dataclass
class Site:
    """One served application and what is behind it."""

    app: FastAPI
    client: httpx.AsyncClient
    scripted: ScriptedStack | None = None

    @property
    def stack(self) -> ScriptedStack:
        """What is behind it, where that follows a script."""
        assert self.scripted is not None
        return self.scripted

    @property
    def board(self) -> Board:
        """What the application knows."""
        board: Board = self.app.state.board
        return board

    async def until(self, holds: Callable[[], bool], limit_s: float = 10.0) -> None:
        """Waits for something to become true."""
        async with asyncio.timeout(limit_s):
            while not holds():
                await asyncio.sleep(0.02)

    async def until_slot(self, slot: int, limit_s: float = 10.0) -> None:
        """Waits until the application has heard of a slot."""
        await self.until(lambda: self.board.run is not None and self.board.run.response.slot >= slot, limit_s)

    async def read(self, noun: str, **query: object) -> dict[str, object]:
        """A reading as JSON."""
        answer = await self.client.get(f"/api/v1/{noun}", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextlib.asynccontextmanager
async def served(settings: WebSettings) -> AsyncIterator[tuple[FastAPI, str]]:
    """The application behind a real server on a free port."""
    app = make_app(settings)
    server = Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    listener = listen(settings.model_copy(update={"http_port": 0}))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    port = listener.getsockname()[1]
    try:
        yield app, f"http://127.0.0.1:{port}"
    finally:
        app.state.board.close()
        server.should_exit = True
        await serving
        listener.close()


@contextlib.asynccontextmanager
async def open_site(scripted: ScriptedStack | None = None, **settings: object) -> AsyncIterator[Site]:
    """An application that watches a scripted stack, or what the settings name, and a client of it."""
    if scripted is not None:
        addresses = {"sim_addr": f"127.0.0.1:{scripted.sim_port}", "edge_addr": f"127.0.0.1:{scripted.edge_port}"}
        settings = {**addresses, **settings}
    async with (
        served(WebSettings.model_validate(settings)) as (app, url),
        httpx.AsyncClient(base_url=url, timeout=15) as client,
    ):
        yield Site(app, client, scripted)


@pytest.fixture
async def stack() -> AsyncIterator[ScriptedStack]:
    """A paused scripted stack; a test advances it."""
    stack = ScriptedStack()
    stack.simulator.run.state = "paused"
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def site(stack: ScriptedStack) -> AsyncIterator[Site]:
    """An application that has heard of 1,000 slots in two parts."""
    async with open_site(stack) as site:
        await site.until_slot(0)
        for _ in range(2):
            stack.simulator.run.advance(500)
            await site.until_slot(stack.simulator.run.slot)
        yield site


Event = tuple[str, dict[str, object], float]


async def read_events(
    client: httpx.AsyncClient, path: str, limit_s: float, until: Callable[[list[Event]], bool] = lambda found: False
) -> list[Event]:
    """Server-sent events (name, data, arrival) until they are enough, the stream ends or the limit is over."""
    found: list[Event] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s), client.stream("GET", path) as response:
            name = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    found.append((name, json.loads(line.removeprefix("data: ")), asyncio.get_running_loop().time()))
                    if until(found):
                        break
    return found
