"""Frames arrive whole and in order whatever TCP makes of them; what does not belong here is refused."""

import asyncio

import pytest

from hiercoop.errors import UnreachableError
from hiercoop.rpc.channel_options import MAX_MESSAGE_BYTES
from hiercoop.rpc.slot_stream import HEADER_BYTES, SlotConnection, SlotListener, connect_slot_stream
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation

PATIENCE_S = 20.0
TOKEN = b"0123456789abcdef"


def framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(HEADER_BYTES, "little") + frame


class Ends:
    """Both ends of one connection, and what each has heard."""

    def __init__(self, listener: SlotListener, port: int) -> None:
        self.port = port
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.accepted: asyncio.Future[SlotConnection] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        listener.expect(TOKEN, self._own)

    def _own(self, connection: SlotConnection) -> None:
        connection.on_frame = self.heard.put_nowait
        connection.on_lost = self.lost.set
        self.accepted.set_result(connection)


async def listening() -> tuple[SlotListener, Ends]:
    listener = SlotListener()
    port = await listener.start("127.0.0.1")
    return listener, Ends(listener, port)


async def test_messages_go_both_ways_once_the_token_is_shown() -> None:
    listener, ends = await listening()
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    agent = await connect_slot_stream("127.0.0.1", ends.port, TOKEN, answers.put_nowait, lambda: None)
    agent.send(Allocation(cell=2, slot=7))
    assert Allocation.FromString(await asyncio.wait_for(ends.heard.get(), PATIENCE_S)).slot == 7
    (await ends.accepted).send_frame(b"observation")
    assert await asyncio.wait_for(answers.get(), PATIENCE_S) == b"observation"
    agent.close()
    await asyncio.wait_for(ends.lost.wait(), PATIENCE_S)
    listener.stop()


async def test_frames_survive_being_cut_and_joined_anywhere() -> None:
    listener, ends = await listening()
    frames = [bytes([number]) * (37 * number) for number in range(12)]
    stream = framed(TOKEN) + b"".join(map(framed, frames))
    _, writer = await asyncio.open_connection("127.0.0.1", ends.port)
    for start in range(0, len(stream), 53):
        writer.write(stream[start : start + 53])
        await writer.drain()
        await asyncio.sleep(0)
    assert [await asyncio.wait_for(ends.heard.get(), PATIENCE_S) for _ in frames] == frames
    writer.close()
    listener.stop()


@pytest.mark.parametrize(
    "garbage",
    [
        framed(b"another token___"),
        b"\xff\xff\xff\xff" + bytes(100),
        framed(bytes(65)),
        framed(TOKEN) + (MAX_MESSAGE_BYTES + 1).to_bytes(HEADER_BYTES, "little"),
    ],
    ids=["unknown token", "absurd length", "long token", "long frame"],
)
async def test_what_does_not_belong_here_closes_the_connection(garbage: bytes) -> None:
    listener, ends = await listening()
    reader, writer = await asyncio.open_connection("127.0.0.1", ends.port)
    writer.write(garbage)
    assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
    assert ends.heard.empty()
    writer.close()
    listener.stop()


async def test_a_token_is_good_for_one_connection() -> None:
    listener, ends = await listening()
    first = await connect_slot_stream("127.0.0.1", ends.port, TOKEN, ends.heard.put_nowait, lambda: None)
    await asyncio.wait_for(ends.accepted, PATIENCE_S)
    lost = asyncio.Event()
    await connect_slot_stream("127.0.0.1", ends.port, TOKEN, ends.heard.put_nowait, lost.set)
    await asyncio.wait_for(lost.wait(), PATIENCE_S)
    first.close()
    listener.stop()


async def test_nothing_is_sent_on_a_connection_that_is_lost() -> None:
    listener, ends = await listening()
    agent = await connect_slot_stream("127.0.0.1", ends.port, TOKEN, ends.heard.put_nowait, lambda: None)
    await asyncio.wait_for(ends.accepted, PATIENCE_S)
    agent.close()
    agent.send(Allocation(slot=9))
    await asyncio.wait_for(ends.lost.wait(), PATIENCE_S)
    assert ends.heard.empty()
    listener.stop()


async def test_a_slot_port_without_a_listener_is_unreachable() -> None:
    listener, ends = await listening()
    listener.stop()
    with pytest.raises(UnreachableError, match="does not answer"):
        await connect_slot_stream("127.0.0.1", ends.port, TOKEN, ends.heard.put_nowait, lambda: None)


async def test_a_slot_port_in_use_is_named() -> None:
    listener, ends = await listening()
    with pytest.raises(UnreachableError, match=rf"{ends.port}.*choose another"):
        await SlotListener().start("127.0.0.1", ends.port)
    listener.stop()
