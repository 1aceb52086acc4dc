"""A run over processes and sockets leaves the same trace, byte for byte, as a run in one process."""

import signal
from pathlib import Path

import pytest

from hiercoop.execution.controls import read_controls
from hiercoop.execution.in_process import run_in_process
from hiercoop.execution.trace import TraceWriter
from tests.services.stack import PATIENCE_S, Stack, running_stack

pytestmark = pytest.mark.processes

MODES = [
    {"reporting": "on-termination", "codec": "fp32"},
    {"reporting": "on-termination", "codec": "int8", "options": "asynchronous"},
    {"reporting": "periodic", "codec": "fp16"},
    {"reporting": "every-slot", "codec": "int8"},
]


def trace_in_process(stack: Stack, directory: Path, **modes: object) -> bytes:
    """The trace of the same run in this process, with the events of the stack's trace replayed."""
    path = directory / "in-process.trace"
    with TraceWriter(path) as trace:
        run_in_process(stack.run_config(**modes), stack.bundle, trace, read_controls(stack.trace))
    return path.read_bytes()


@pytest.mark.parametrize("modes", MODES, ids=lambda modes: "-".join(modes.values()))
def test_a_trace_over_processes_equals_that_in_one_process(tmp_path: Path, modes: dict[str, str]) -> None:
    with running_stack(tmp_path, max_slots=150, ends_by_itself=True, **modes) as stack:
        assert stack.processes["sim"].wait(PATIENCE_S) == 0, stack.logs()
    assert stack.trace.read_bytes() == trace_in_process(stack, tmp_path, max_slots=150, **modes)


def test_twelve_cells_leave_the_same_trace_too(tmp_path: Path) -> None:
    with running_stack(tmp_path, num_sbs=12, max_slots=60, ends_by_itself=True, codec="int8", agent_timeout_s=60) as stack:
        assert stack.processes["sim"].wait(PATIENCE_S) == 0, stack.logs()
    assert stack.trace.read_bytes() == trace_in_process(stack, tmp_path, max_slots=60, codec="int8", agent_timeout_s=60)


def test_controls_given_while_it_runs_replay_from_the_trace(tmp_path: Path) -> None:
    with running_stack(tmp_path, max_slots=250, ends_by_itself=True) as stack:
        stack.until_slot(20)
        changed = stack.control(payload_bytes=20_000.0)
        paused = stack.control(pause=True)
        assert paused.state == "paused"
        assert stack.control(step=5).slot == paused.slot
        stack.until(lambda seen: seen.slot == paused.slot + 5 and seen.state == "paused")
        again = stack.control(reset=77)
        assert (again.slot, again.run_epoch) == (0, changed.run_epoch + 1)
        stack.control(start=True)
        assert stack.processes["sim"].wait(PATIENCE_S) == 0, stack.logs()
    assert stack.trace.read_bytes() == trace_in_process(stack, tmp_path, max_slots=250)


def test_an_agent_killed_between_slots_and_brought_back_leaves_a_trace_that_replays(tmp_path: Path) -> None:
    with running_stack(tmp_path, max_slots=200, ends_by_itself=True) as stack:
        stack.until_slot(20)
        stack.control(pause=True)
        lost = stack.cell_of("agent1")
        stack.signal("agent1", signal.SIGKILL)
        stack.until(lambda seen: not seen.cells[lost].is_attached)
        stack.control(step=10)
        stack.until(lambda seen: seen.state == "paused")
        stack.start("agent1")
        back = stack.until(lambda seen: seen.cells[lost].is_attached)
        assert back.cells[lost].gaps == 1
        assert back.is_reproducible
        stack.control(start=True)
        assert stack.processes["sim"].wait(PATIENCE_S) == 0, stack.logs()
    assert stack.trace.read_bytes() == trace_in_process(stack, tmp_path, max_slots=200)
