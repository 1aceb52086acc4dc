"""The event stream: paced, newest only, and no hindrance to stopping."""

from __future__ import annotations

import asyncio
import re
import socket

import httpx
import pytest

from services.upper_edge.web.routers.stream import event_source
from services.upper_edge.web.settings import WebSettings
from tests.web.conftest import Event, Site, open_site, read_events, served
from tests.web.scripted import ScriptedStack

pytestmark = pytest.mark.processes

STREAM = "/api/v1/stream"
SNAPSHOT_SLOT = re.compile(rb'event: snapshot\r?\ndata: \{"status":\{[^{]*?"slot":(\d+)')


async def test_the_stream_begins_with_the_state_and_the_series(site: Site) -> None:
    events = await read_events(site.client, STREAM, 5, lambda found: len(found) >= 2)
    assert [name for name, _, _ in events[:2]] == ["snapshot", "series"]
    assert events[0][1]["status"]["slot"] == 1_000
    assert events[1][1]["capacity"]["slots"] == [500, 1_000]


async def test_at_most_ten_snapshots_come_a_second_however_often_there_is_news(site: Site) -> None:
    async def hurry() -> None:
        while True:
            site.board.publish()
            await asyncio.sleep(0.002)

    hurrying = asyncio.create_task(hurry())
    events = await read_events(site.client, STREAM, 1.5)
    hurrying.cancel()
    arrivals = [at for name, _, at in events if name == "snapshot"]
    assert 3 <= len(arrivals) <= 16
    # The client may see two at once when it was held up itself, so the whole stretch is what counts.
    assert (arrivals[-1] - arrivals[0]) / (len(arrivals) - 1) >= 0.095


async def test_a_client_that_does_not_read_gets_the_newest_state_next_and_no_backlog(site: Site) -> None:
    run, events = site.stack.simulator.run, event_source(site.board, site.app.state.broadcast, "recent")
    assert [re.findall(rb"event: (\w+)", await anext(events)) for _ in range(2)] == [[b"snapshot"], [b"series"]]
    read = site.board.version
    for _ in range(5):
        run.advance(10)
        await site.until_slot(run.slot)
    assert site.board.version >= read + 5
    (slot,) = SNAPSHOT_SLOT.findall(await anext(events))
    assert int(slot) == run.slot


async def test_fifty_readers_share_each_event(site: Site) -> None:
    broadcast = site.app.state.broadcast
    assert broadcast.snapshot() is broadcast.snapshot()
    assert broadcast.series("recent") is broadcast.series("recent")
    limits = httpx.Limits(max_connections=60)
    async with httpx.AsyncClient(base_url=str(site.client.base_url), limits=limits) as many:
        found = await asyncio.gather(*(read_events(many, STREAM, 5, bool) for _ in range(50)))
    assert all(events and events[0][0] == "snapshot" for events in found)


async def test_many_readers_share_a_bound_of_frames_and_who_leaves_gives_its_part_back(site: Site) -> None:
    broadcast = site.app.state.broadcast
    sources = [event_source(site.board, broadcast, "recent") for _ in range(50)]
    for source in sources:
        await anext(source)
    assert (broadcast.num_clients, broadcast.interval_s) == (50, 0.2)
    for source in sources:
        await source.aclose()
    assert (broadcast.num_clients, broadcast.interval_s) == (0, 0.1)


async def test_fifty_readers_see_the_newest_while_one_of_them_stalls_and_that_one_finds_no_backlog(site: Site) -> None:
    run, num_states = site.stack.simulator.run, 30
    run.num_vehicles = 600
    stalled_reader, stalled_writer = await open_stream(site, limit=1024)
    last_slot = run.slot + 10 * num_states
    readers = [asyncio.create_task(slots_until(site, last_slot)) for _ in range(49)]
    for _ in range(num_states):
        run.advance(10)
        await site.until_slot(run.slot, limit_s=60)
    async with asyncio.timeout(60):
        for slots in await asyncio.gather(*readers):
            assert slots == sorted(slots)
            assert slots[-1] == last_slot
    run.advance(10)
    async with asyncio.timeout(60):
        found = await read_slots(stalled_reader, run.slot)
    stalled_writer.close()
    # Had every state been kept for it, it would have had to read them all.
    assert len(found) < num_states


async def open_stream(site: Site, limit: int = 2**16) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that has asked for the stream; at most so many bytes are read ahead of who reads it."""
    host, port = site.client.base_url.host, site.client.base_url.port
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=limit)
    writer.write(f"GET {STREAM} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    return reader, writer


async def slots_until(site: Site, last_slot: int) -> list[int]:
    """The slots of all snapshots that a reader of its own sees up to this one."""
    reader, writer = await open_stream(site)
    found = await read_slots(reader, last_slot)
    writer.close()
    return found


async def read_slots(reader: asyncio.StreamReader, last_slot: int) -> list[int]:
    """The slots of the snapshots that come over a connection, up to this one or the end."""
    received = b""
    while f'"slot":{last_slot},"state":'.encode() not in received[-200_000:]:
        received += (chunk := await reader.read(2**16))
        if not chunk:
            break
    return [int(slot) for slot in SNAPSHOT_SLOT.findall(received)]


async def test_an_open_stream_does_not_hold_back_the_end_of_the_server(stack: ScriptedStack) -> None:
    settings = WebSettings(sim_addr=f"127.0.0.1:{stack.sim_port}", edge_addr=f"127.0.0.1:{stack.edge_port}")
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(timeout=15) as client:
        async with served(settings) as (_, url):
            reading = asyncio.create_task(read_events(client, url + STREAM, 10))
            await asyncio.sleep(0.5)
            told_to_stop_s = loop.time()
        assert loop.time() - told_to_stop_s < 1.5
        assert len(await reading) > 0


async def test_silence_is_told_to_grow_older_and_the_end_of_it_too(site: Site) -> None:
    await site.stack.stop()
    events = await read_events(site.client, STREAM, 10, _is_long_away)
    states = [(data["status"]["connection"], data["status"]["age_s"]) for name, data, _ in events if name == "snapshot"]
    assert states[-1][0] == "reconnecting"
    assert states[-1][1] > 1.0
    await site.stack.start()
    await site.until(lambda: site.board.connection == "live")
    assert (await site.read("status"))["services"][0]["reconnects"] == 1


async def test_the_series_of_another_run_is_never_sent_again(site: Site) -> None:
    broadcast = site.app.state.broadcast
    before = broadcast.series("recent")
    await site.client.post("/api/v1/control", json={"command": "reset"})
    await site.until(lambda: site.board.run is not None and site.board.run.response.run_epoch == 2)
    assert broadcast.series("recent") != before


def _is_long_away(found: list[Event]) -> bool:
    name, data, _ = found[-1]
    status = data.get("status")
    return name == "snapshot" and isinstance(status, dict) and status["connection"] == "reconnecting" and status["age_s"] > 1.0


@pytest.mark.parametrize("span", ["recent", "run"])
async def test_a_reader_chooses_the_span(stack: ScriptedStack, span: str) -> None:
    async with open_site(stack) as site:
        await site.until_slot(0)
        events = await read_events(site.client, f"{STREAM}?span={span}", 5, lambda found: found[-1][0] == "series")
    assert [data["capacity"]["span"] for name, data, _ in events if name == "series"] == [span]
