"""The way between agents and edge fails in every way that a network can: no slot waits for it, none is lost, and it comes back.

No deadline of a report is near in these stacks (`EDGE_TIMEOUT_S` is half a minute): what is noticed, connections notice.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hiercoop.execution.in_process import run_in_process
from hiercoop.execution.trace import TraceWriter
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.faults.fault_proxy import BLACK_HOLE, NO_FAULTS, Faults
from tests.faults.proxied_stack import ProxiedStack, all_connected, missed_slots, none_connected, proxied_stack
from tests.services.stack import PATIENCE_S

pytestmark = pytest.mark.processes

BAD_LINE = Faults(latency_s=0.002, jitter_s=0.004, bandwidth_bps=2e6, slice_bytes=11)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedStack]:
    with proxied_stack(tmp_path_factory.mktemp("edge_faults")) as stack:
        yield stack


@pytest.fixture
def proxied(running: ProxiedStack) -> Iterator[ProxiedStack]:
    """The stack, whole and with all its lines open, before and after."""
    running.settle()
    yield running
    running.edge.set(NO_FAULTS)


def reconnects(seen: WatchResponse) -> list[int]:
    return [cell.health.edge_reconnects for cell in seen.cells]


def all_came_back(seen: WatchResponse, before: WatchResponse) -> bool:
    """Whether every cell has the edge again after it lost it."""
    return all_connected(seen) and all(now > then for now, then in zip(reconnects(seen), reconnects(before), strict=True))


def goes_on_alone(proxied: ProxiedStack) -> None:
    """The edge is missed, every cell decides by itself, and no slot is without an allocation."""
    before = proxied.stack.until(none_connected)
    proxied.stack.until(
        lambda seen: all(
            now.health.local_slots > then.health.local_slots for now, then in zip(seen.cells, before.cells, strict=True)
        )
    )
    assert missed_slots(proxied.stack.goes_on()) == missed_slots(before)


def takes_up_options_again(proxied: ProxiedStack) -> WatchResponse:
    """Every cell has the edge again, which decides."""
    proxied.settle()
    decided = proxied.stack.counters().decisions
    seen = proxied.stack.goes_on(60)
    assert proxied.stack.counters().decisions > decided
    assert [cell.health.edge_timeouts for cell in seen.cells] == [0, 0, 0]
    assert [cell.gaps for cell in seen.cells] == [0, 0, 0]
    return seen


def test_a_reset_is_noticed_by_all_and_mended_by_itself(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.edge.reset()
    proxied.stack.until(lambda seen: all_came_back(seen, before))
    assert missed_slots(takes_up_options_again(proxied)) == missed_slots(before)


def test_a_black_hole_is_noticed_without_a_deadline_and_left_when_it_ends(proxied: ProxiedStack) -> None:
    proxied.edge.set(BLACK_HOLE)
    goes_on_alone(proxied)
    proxied.edge.set(NO_FAULTS)
    takes_up_options_again(proxied)


def test_a_half_open_connection_is_given_up_and_replaced(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.edge.half_open()
    proxied.stack.until(lambda seen: all_came_back(seen, before))
    assert missed_slots(takes_up_options_again(proxied)) == missed_slots(before)


def test_a_late_slow_and_sliced_line_loses_nothing(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.edge.set(BAD_LINE)
    after = proxied.stack.goes_on(60)
    assert reconnects(after) == reconnects(before)
    assert missed_slots(after) == missed_slots(before)
    for now, then in zip(after.cells, before.cells, strict=True):
        assert now.reports > then.reports
        assert now.health.local_slots == then.health.local_slots
        assert now.health.dropped_messages == then.health.dropped_messages


def test_a_frozen_edge_is_noticed_without_a_deadline(proxied: ProxiedStack) -> None:
    proxied.stack.signal("edge", signal.SIGSTOP)
    goes_on_alone(proxied)
    proxied.stack.signal("edge", signal.SIGCONT)
    takes_up_options_again(proxied)


def test_an_edge_restarted_in_order_costs_no_slot(proxied: ProxiedStack) -> None:
    epoch = proxied.stack.counters().edge_epoch
    proxied.stack.signal("edge", signal.SIGTERM)
    assert proxied.stack.processes["edge"].returncode == 0
    goes_on_alone(proxied)
    proxied.stack.start("edge")
    takes_up_options_again(proxied)
    assert proxied.stack.counters().edge_epoch > epoch


def test_a_bad_line_changes_no_bit_of_what_is_decided(tmp_path: Path) -> None:
    modes = {"max_slots": 60, "reporting": "every-slot"}
    with proxied_stack(tmp_path, ends_by_itself=True, **modes) as proxied:
        proxied.stack.until(all_connected)
        proxied.edge.set(BAD_LINE)
        assert proxied.stack.processes["sim"].wait(PATIENCE_S) == 0, proxied.stack.logs()
    with TraceWriter(tmp_path / "in-process.trace") as trace:
        run_in_process(proxied.stack.run_config(**modes), proxied.stack.bundle, trace)
    assert proxied.stack.trace.read_bytes() == (tmp_path / "in-process.trace").read_bytes()


def test_an_option_that_comes_after_its_slot_is_never_applied(tmp_path: Path) -> None:
    slots_of_20_ms = '["radio.slot_duration_s=0.02"]'
    with proxied_stack(tmp_path, pacing="realtime", settings=slots_of_20_ms) as proxied:
        proxied.stack.until(all_connected)
        proxied.edge.set(Faults(latency_s=0.1))
        proxied.stack.until(lambda seen: all(cell.health.dropped_messages > 2 for cell in seen.cells))
        default = proxied.stack.bundle.manifest.default_option
        for _ in range(10):
            seen = proxied.stack.goes_on(1)
            assert [cell.option for cell in seen.cells] == [default] * 3
        proxied.edge.set(NO_FAULTS)
        proxied.stack.until(lambda seen: any(cell.option != default for cell in seen.cells))
