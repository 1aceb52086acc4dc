"""Services that go, come back, fall silent or say what cannot be understood."""

from __future__ import annotations

import asyncio

import pytest

from services.upper_edge.web import board as board_module
from tests.web.conftest import Site

pytestmark = pytest.mark.processes

NOUNS = ("status", "cells", "options/distribution", "signalling", "capacity", "delivery")


async def test_without_the_simulator_the_last_data_stay_with_their_age(site: Site) -> None:
    await site.stack.stop()
    await site.until(lambda: site.board.connection == "reconnecting")
    await asyncio.sleep(0.3)
    for noun in NOUNS:
        told = await site.read(noun)
        assert (told["connection"], told["slot"]) == ("reconnecting", 1_000)
        assert told["age_s"] > 0.3
    answer = await site.client.post("/api/v1/control", json={"command": "start"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_a_simulator_that_comes_back_is_watched_again_and_its_run_goes_on(site: Site) -> None:
    await site.stack.stop()
    await site.until(lambda: site.board.connection == "reconnecting")
    site.stack.simulator.run.advance(500)
    await site.stack.start()
    await site.until_slot(1_500)
    told = await site.read("capacity")
    assert (told["connection"], told["slots"]) == ("live", [500, 1_000, 1_500])


async def test_a_connected_simulator_that_says_nothing_is_stale(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "STALE_AFTER_S", 0.05)
    await site.until(lambda: site.board.connection == "stale")
    monkeypatch.setattr(board_module, "STALE_AFTER_S", 2.0)
    await site.until(lambda: site.board.connection == "live")


async def test_a_run_of_another_version_is_refused_with_a_sentence_and_read_again_when_it_fits(site: Site) -> None:
    run = site.stack.simulator.run
    config = run.config
    run.config = config.model_copy(update={"pacing": "whenever"})
    await site.until(lambda: "pacing" in site.board.simulator.last_error)
    assert "same version" in site.board.simulator.last_error
    assert (await site.client.get("/healthz")).status_code == 200
    run.config = config
    await site.until(lambda: site.board.connection == "live")


async def test_an_edge_that_is_gone_is_told_and_disturbs_no_reading(site: Site) -> None:
    await site.until(lambda: site.board.edge.is_connected)
    edge_server = site.stack._servers.pop()
    await edge_server.stop(0)
    await site.until(lambda: not site.board.edge.is_connected and site.board.edge.health == "unreachable")
    status = await site.read("status")
    assert status["connection"] == "live"
    assert status["services"][1]["reconnects"] == 1
    assert status["services"][1]["last_error"] == "UNAVAILABLE: Connection refused"
