"""Each fault of the proxy really happens, to connections that go on as to new ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.faults.fault_proxy import BLACK_HOLE, NO_FAULTS, FaultProxy, Faults, fault_proxy

SILENCE_S = 0.2
PATIENCE_S = 20.0


@dataclass
class Echo:
    """What a server that answers with what it hears has heard, piece by piece, and how its connections ended."""

    pieces: list[int] = field(default_factory=list)
    ends: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    num_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.num_open += 1
        try:
            while data := await reader.read(65536):
                self.pieces.append(len(data))
                writer.write(data)
            self.ends.put_nowait("closed")
        except ConnectionResetError:
            self.ends.put_nowait("reset")
        writer.close()
        self.num_open -= 1


@dataclass
class Way:
    """A proxy before an echo."""

    proxy: FaultProxy
    echo: Echo

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.proxy.port)


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    with fault_proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield Way(proxy, echo)
    server.close()
    while echo.num_open:
        await asyncio.sleep(0.001)


async def round_trip_s(way: Way, data: bytes) -> float:
    """Seconds until these bytes have come back, over a connection of their own."""
    reader, writer = await way.connect()
    began_s = time.monotonic()
    writer.write(data)
    assert await asyncio.wait_for(reader.readexactly(len(data)), PATIENCE_S) == data
    took_s = time.monotonic() - began_s
    writer.close()
    return took_s


async def hears_nothing(reader: asyncio.StreamReader) -> bool:
    """Whether nothing comes for a while."""
    try:
        await asyncio.wait_for(reader.read(1), SILENCE_S)
    except TimeoutError:
        return True
    return False


async def test_without_faults_all_passes_and_an_end_is_passed_on_too(way: Way) -> None:
    await round_trip_s(way, bytes(range(256)) * 4096)
    assert await asyncio.wait_for(way.echo.ends.get(), PATIENCE_S) == "closed"


async def test_latency_is_added_each_way(way: Way) -> None:
    way.proxy.set(Faults(latency_s=0.05))
    assert await round_trip_s(way, b"late") >= 0.1


async def test_jitter_delays_unevenly_and_keeps_the_order(way: Way) -> None:
    way.proxy.set(Faults(jitter_s=0.02))
    reader, writer = await way.connect()
    sent = bytes(range(40))
    for byte in sent:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.001)
    assert await asyncio.wait_for(reader.readexactly(len(sent)), PATIENCE_S) == sent
    delays_s = [await round_trip_s(way, b"!") for _ in range(8)]
    writer.close()
    assert max(delays_s) - min(delays_s) > 0.001


async def test_bandwidth_bounds_the_rate(way: Way) -> None:
    way.proxy.set(Faults(bandwidth_bps=1e6))
    assert await round_trip_s(way, bytes(12_500)) >= 0.1


async def test_slices_arrive_one_by_one(way: Way) -> None:
    await round_trip_s(way, bytes(70))
    assert way.echo.pieces == [70]
    way.proxy.set(Faults(slice_bytes=7))
    await round_trip_s(way, bytes(70))
    assert len(way.echo.pieces) > 2


async def test_a_black_hole_holds_back_what_is_sent_into_it_until_it_is_over(way: Way) -> None:
    reader, writer = await way.connect()
    writer.write(b"before")
    assert await asyncio.wait_for(reader.readexactly(6), PATIENCE_S) == b"before"
    way.proxy.set(BLACK_HOLE)
    writer.write(b"during")
    assert await hears_nothing(reader)
    assert way.echo.pieces == [6]
    way.proxy.set(NO_FAULTS)
    assert await asyncio.wait_for(reader.readexactly(6), PATIENCE_S) == b"during"
    writer.close()


async def test_a_connection_begun_in_a_black_hole_gets_through_after_it_and_one_given_up_in_it_never(way: Way) -> None:
    way.proxy.set(BLACK_HOLE)
    given_up, staying = await way.connect(), await way.connect()
    given_up[1].write(b"given up")
    given_up[1].close()
    staying[1].write(b"staying")
    assert await hears_nothing(staying[0])
    way.proxy.set(NO_FAULTS)
    assert await asyncio.wait_for(staying[0].readexactly(7), PATIENCE_S) == b"staying"
    assert way.echo.pieces == [7]
    staying[1].close()


async def test_a_reset_reaches_both_ends(way: Way) -> None:
    reader, writer = await way.connect()
    writer.write(b"!")
    await asyncio.wait_for(reader.readexactly(1), PATIENCE_S)
    way.proxy.reset()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(1), PATIENCE_S)
    assert await asyncio.wait_for(way.echo.ends.get(), PATIENCE_S) == "reset"
    writer.close()


async def test_a_half_open_connection_is_gone_for_one_end_only(way: Way) -> None:
    reader, writer = await way.connect()
    writer.write(b"!")
    await asyncio.wait_for(reader.readexactly(1), PATIENCE_S)
    way.proxy.half_open()
    assert await asyncio.wait_for(way.echo.ends.get(), PATIENCE_S) == "reset"
    writer.write(b"into the dark")
    assert await hears_nothing(reader)
    assert way.echo.pieces == [1]
    await round_trip_s(way, b"a new connection passes")
    writer.close()


async def test_a_proxy_without_a_target_resets(way: Way) -> None:
    with fault_proxy(target_port=1) as nowhere:
        reader, writer = await asyncio.open_connection("127.0.0.1", nowhere.port)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(1), PATIENCE_S)
        writer.close()
