"""The account of the signalling agrees with the frames that cross the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hiercoop.execution.signalling import http2_bytes, window_update_bytes
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.services.frame_proxy import FrameProxy
from tests.services.stack import Stack

pytestmark = pytest.mark.processes

SLOTS = 150


@pytest.fixture(params=["fp32", "int8"])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Stack, FrameProxy]]:
    """A stack that reports every slot, its agents talking to the edge through a proxy; paused, with all of them there."""
    stack = Stack(tmp_path, reporting="every-slot", codec=request.param)
    proxy = FrameProxy(int(stack.environment["EDGE_ADDR"].rpartition(":")[2]))
    try:
        stack.start("edge")
        stack.start("sim")
        for number in range(stack.num_sbs):
            stack.start(f"agent{number}", EDGE_ADDR=f"127.0.0.1:{proxy.port}")
        stack.until_slot(20)
        stack.control(pause=True)
        yield stack, proxy
    finally:
        stack.close()
        proxy.close()


def account(seen: WatchResponse) -> dict[str, dict[str, int]]:
    """HTTP/2 bytes by direction and kind of frame."""
    flow_control = window_update_bytes(seen.signalling)
    return {
        name: {
            "DATA": sum(http2_bytes(count) for count in seen.signalling if count.is_up == is_up),
            "WINDOW_UPDATE": flow_control[name],
        }
        for name, is_up in (("up", True), ("down", False))
    }


def test_the_account_agrees_with_the_frames_within_two_per_cent(proxied: tuple[Stack, FrameProxy]) -> None:
    stack, proxy = proxied
    before, counted_before = proxy.snapshot(), account(stack.watch())
    stack.control(step=SLOTS)
    stack.until(lambda seen: seen.state == "paused")
    after, counted_after = proxy.snapshot(), account(stack.watch())
    for direction in ("up", "down"):
        for kind in ("DATA", "WINDOW_UPDATE"):
            seen_bytes = after[direction]["bytes"][kind] - before[direction]["bytes"][kind]
            counted_bytes = counted_after[direction][kind] - counted_before[direction][kind]
            assert counted_bytes >= SLOTS * stack.num_sbs * 26
            assert seen_bytes == pytest.approx(counted_bytes, rel=0.02), (direction, kind)
        unaccounted = set(after[direction]["frames"] - before[direction]["frames"]) - {"DATA", "WINDOW_UPDATE", "PING"}
        assert not unaccounted


def test_both_sides_count_the_same_messages(proxied: tuple[Stack, FrameProxy]) -> None:
    stack, _ = proxied
    told = {(c.cell, c.attach_epoch, c.type, c.is_up): (c.messages, c.payload_bytes) for c in stack.watch().signalling}
    edge = {(c.cell, c.attach_epoch, c.type, c.is_up): (c.messages, c.payload_bytes) for c in stack.counters().signalling}
    assert told == edge
    assert {kind for _, _, kind, _ in told} >= {"RegisterRequest", "GetPolicyResponse", "FeatureReport", "OptionDecision"}
