"""What breaks in one process stays there: slots go on, gaps are counted and shown, and what comes back is taken back."""

import signal
import socket
from pathlib import Path

import pytest

from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.services.stack import Stack, running_stack

pytestmark = pytest.mark.processes


def all_connected(seen: WatchResponse) -> bool:
    """Whether every cell has an agent that hears the edge."""
    return all(cell.is_attached and cell.health.is_edge_connected for cell in seen.cells)


def settled(stack: Stack) -> WatchResponse:
    """The stack once all of its cells take part."""
    return stack.until(lambda seen: seen.slot > 10 and all_connected(seen))


def test_a_killed_agent_leaves_one_counted_gap_and_is_taken_back(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        settled(stack)
        lost = stack.cell_of("agent2")
        stack.signal("agent2", signal.SIGKILL)
        gone = stack.until(lambda seen: not seen.cells[lost].is_attached)
        held = stack.goes_on()
        assert not held.cells[lost].in_roster
        assert held.cells[lost].capacity_bits > gone.cells[lost].capacity_bits
        assert held.cells[lost].missed_slots <= 1
        stack.start("agent2")
        back = stack.until(lambda seen: seen.cells[lost].in_roster)
        cell = back.cells[lost]
        assert (cell.gaps, cell.reconnects, cell.attach_epoch) == (1, 1, gone.cells[lost].attach_epoch + 1)
        assert [other.gaps for other in back.cells if other.cell != lost] == [0, 0]


def test_an_agent_that_stops_in_order_leaves_no_gap_and_one_that_stands_by_takes_over(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        settled(stack)
        stack.start("spare")
        stack.until(lambda seen: seen.surplus_agents == 1)
        left = stack.cell_of("agent0")
        stack.signal("agent0", signal.SIGTERM)
        assert stack.processes["agent0"].returncode == 0, stack.logs()
        taken = stack.until(lambda seen: seen.cells[left].in_roster and seen.cells[left].agent == "spare")
        assert (taken.cells[left].gaps, taken.surplus_agents) == (0, 0)
        assert stack.goes_on().is_reproducible


def test_a_frozen_agent_leaves_the_roster_after_its_time_and_comes_back(tmp_path: Path) -> None:
    with running_stack(tmp_path, agent_timeout_s=1.0, edge_timeout_s=0.5) as stack:
        settled(stack)
        frozen = stack.cell_of("agent1")
        stack.signal("agent1", signal.SIGSTOP)
        gone = stack.until(lambda seen: not seen.cells[frozen].is_attached)
        assert not gone.is_reproducible
        assert (gone.cells[frozen].gaps, gone.cells[frozen].missed_slots, gone.late_slots) == (1, 1, 1)
        assert f"cell {frozen}" in gone.last_error
        stack.goes_on()
        stack.signal("agent1", signal.SIGCONT)
        back = stack.until(lambda seen: seen.cells[frozen].in_roster)
        assert back.cells[frozen].reconnects == 1


def test_agents_go_on_alone_while_the_edge_is_gone_and_take_up_options_again(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        settled(stack)
        epoch = stack.counters().edge_epoch
        stack.signal("edge", signal.SIGKILL)
        stack.until(lambda seen: not any(cell.health.is_edge_connected for cell in seen.cells))
        alone = stack.until(lambda seen: all(cell.health.local_slots > 0 for cell in seen.cells))
        assert [cell.missed_slots for cell in alone.cells] == [0, 0, 0]
        stack.start("edge")
        back = stack.until(all_connected)
        assert [cell.health.edge_reconnects for cell in back.cells] == [1, 1, 1]
        assert stack.counters().edge_epoch > epoch
        decided = stack.counters().decisions
        stack.goes_on(60)
        assert stack.counters().decisions > decided
        assert [cell.gaps for cell in stack.watch().cells] == [0, 0, 0]


def test_a_frozen_edge_costs_one_wait_and_no_slot(tmp_path: Path) -> None:
    # Sooner than the connection itself would notice.
    with running_stack(tmp_path, edge_timeout_s=0.2) as stack:
        settled(stack)
        stack.signal("edge", signal.SIGSTOP)
        alone = stack.until(lambda seen: not any(cell.health.is_edge_connected for cell in seen.cells))
        assert max(cell.health.edge_timeouts for cell in alone.cells) >= 1
        stack.goes_on(60)
        assert [cell.missed_slots for cell in stack.watch().cells] == [0, 0, 0]
        stack.signal("edge", signal.SIGCONT)
        stack.until(all_connected)


def test_garbage_on_a_port_is_refused_and_disturbs_nobody(tmp_path: Path) -> None:
    with running_stack(tmp_path, slot_port=0) as stack:
        before = settled(stack)
        ports = [int(stack.environment[name].rpartition(":")[2]) for name in ("SIM_ADDR", "EDGE_ADDR")]
        for port in [*ports, slot_port_of(stack)]:
            for garbage in (b"\xff" * 4096, b"\0\0\0\0" * 9, b"\x10\0\0\0not-the-token-16", b"GET / HTTP/1.1\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", port), 5.0) as connection:
                    connection.sendall(garbage)
        after = stack.goes_on(60)
        assert after.is_reproducible
        assert [cell.attach_epoch for cell in after.cells] == [cell.attach_epoch for cell in before.cells]


def slot_port_of(stack: Stack) -> int:
    """The port that the simulator logged."""
    log = (stack.directory / "sim.log").read_text()
    return int(log.partition("slot_port=")[2].split()[0])


def test_a_restarted_simulator_begins_a_later_run_and_its_agents_come_by_themselves(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        first = settled(stack)
        stack.signal("sim", signal.SIGKILL)
        stack.start("sim")
        second = settled(stack)
        assert second.run_epoch > first.run_epoch
        assert second.is_reproducible
        assert stack.counters().run_epoch == second.run_epoch


def test_another_scenario_begins_a_new_run_with_the_same_agents(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        first = settled(stack)
        faster = stack.run_config().scenario.model_copy(update={"episode_slots": 50})
        answer = stack.control(scenario=faster.model_dump_json())
        assert (answer.slot, answer.state) == (0, "waiting")
        second = stack.until(lambda seen: seen.run_epoch > first.run_epoch and seen.slot > 10)
        assert '"episode_slots":50' in second.run_config
        assert all(cell.is_attached and cell.gaps == 0 for cell in second.cells)


def test_real_time_slots_keep_the_clock_and_count_what_came_late(tmp_path: Path) -> None:
    with running_stack(tmp_path, pacing="realtime", settings='["radio.slot_duration_s=0.02"]') as stack:
        stack.until(lambda seen: seen.slot > 20 and all(cell.is_attached for cell in seen.cells))
        stack.signal("agent0", signal.SIGSTOP)
        frozen = stack.cell_of("agent0")
        missed = stack.watch().cells[frozen].missed_slots
        stack.until(lambda seen: seen.cells[frozen].missed_slots >= missed + 5 or not seen.cells[frozen].is_attached)
        stack.signal("agent0", signal.SIGCONT)
        seen = stack.until(lambda seen: seen.cells[frozen].in_roster and seen.cells[frozen].health.local_slots >= 0)
        assert not seen.is_reproducible
        assert seen.late_slots >= 5


def test_an_agent_that_finds_no_edge_serves_alone_and_gets_its_policy_later(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    try:
        stack.start("sim")
        for number in range(3):
            stack.start(f"agent{number}", EDGE_WAIT_S="0.2")
        alone = stack.until(lambda seen: seen.slot > 10)
        assert all(cell.health.local_slots > 0 for cell in alone.cells)
        assert not any(cell.health.is_edge_connected for cell in alone.cells)
        stack.start("edge")
        back = stack.until(all_connected)
        assert [cell.gaps for cell in back.cells] == [0, 0, 0]
    finally:
        stack.close()


def test_an_agent_that_starts_first_waits_for_the_simulator(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    try:
        for name in ("agent0", "agent1", "agent2", "edge", "sim"):
            stack.start(name)
        settled(stack)
    finally:
        stack.close()
