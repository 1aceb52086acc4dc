"""The simulator, or the way to it, fails: agents attach anew by themselves, and what was lost is counted."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.faults.fault_proxy import BLACK_HOLE, NO_FAULTS, Faults
from tests.faults.proxied_stack import ProxiedStack, proxied_stack, wait_for

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedStack]:
    with proxied_stack(tmp_path_factory.mktemp("simulator_faults")) as stack:
        yield stack


@pytest.fixture
def proxied(running: ProxiedStack) -> Iterator[ProxiedStack]:
    """The stack, whole and with all its lines open, before and after."""
    running.settle()
    yield running
    running.sim.set(NO_FAULTS)


def each_agent_came_back_once(proxied: ProxiedStack, before: WatchResponse) -> None:
    """The same run goes on with every cell attached once more, and one gap counted for each."""
    after = proxied.settle()
    assert after.run_epoch == before.run_epoch
    for now, then in zip(after.cells, before.cells, strict=True):
        assert now.attach_epoch > then.attach_epoch
        assert now.gaps - then.gaps == now.reconnects - then.reconnects == 1
        assert now.missed_slots - then.missed_slots <= 1


def test_a_reset_costs_each_cell_one_counted_gap(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.sim.reset()
    proxied.stack.until(lambda seen: all(cell.gaps > then.gaps for cell, then in zip(seen.cells, before.cells, strict=True)))
    each_agent_came_back_once(proxied, before)


def test_a_black_hole_ends_all_attaches_and_the_run_goes_on_after_it(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.sim.set(BLACK_HOLE)
    proxied.stack.until(lambda seen: not any(cell.is_attached for cell in seen.cells))
    proxied.sim.set(NO_FAULTS)
    each_agent_came_back_once(proxied, before)


def test_half_open_connections_are_given_up_and_replaced(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.sim.half_open()
    proxied.stack.until(lambda seen: not any(cell.is_attached for cell in seen.cells))
    each_agent_came_back_once(proxied, before)


def test_a_late_slow_and_sliced_line_loses_nothing(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.sim.set(Faults(latency_s=0.002, jitter_s=0.004, bandwidth_bps=8e6, slice_bytes=97))
    after = proxied.stack.goes_on(30)
    assert [cell.attach_epoch for cell in after.cells] == [cell.attach_epoch for cell in before.cells]
    assert [cell.missed_slots for cell in after.cells] == [cell.missed_slots for cell in before.cells]
    assert after.dropped_messages == before.dropped_messages


def test_a_frozen_simulator_goes_on_with_its_run_when_it_thaws(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    ended = [len(proxied.moments_s(f"agent{number}", "attach ended")) for number in range(3)]
    proxied.stack.signal("sim", signal.SIGSTOP)
    wait_until_attaches_end(proxied, ended)
    proxied.stack.signal("sim", signal.SIGCONT)
    each_agent_came_back_once(proxied, before)


def test_a_simulator_restarted_in_order_begins_a_later_run_with_all_its_agents(proxied: ProxiedStack) -> None:
    before = proxied.stack.watch()
    proxied.stack.signal("sim", signal.SIGTERM)
    assert proxied.stack.processes["sim"].returncode == 0
    proxied.stack.start("sim")
    after = proxied.settle()
    assert after.run_epoch > before.run_epoch
    assert [cell.gaps for cell in after.cells] == [0, 0, 0]
    assert after.is_reproducible


def wait_until_attaches_end(proxied: ProxiedStack, ended: list[int]) -> None:
    """Returns when every agent has given up its attach, which only its log tells while the simulator is frozen."""
    wait_for(
        lambda: all(len(proxied.moments_s(f"agent{number}", "attach ended")) > count for number, count in enumerate(ended))
    )
