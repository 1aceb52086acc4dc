from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hiercoop.errors import ConfigError, HierCoopError, MessageError
from hiercoop.execution.held_allocation import HeldAllocation
from hiercoop.execution.simulator import Simulator
from hiercoop.execution.trace import TraceWriter
from hiercoop.execution.watch_snapshot import watch_snapshot
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest
from tests.execution.scenes import Scene, bundle


def test_a_silent_cell_keeps_its_last_allocation_and_the_miss_is_counted() -> None:
    scene = Scene()
    kept = codec.decode_array(scene.slot()[1].choice, (3,), np.int32)
    scene.slot(silent=(1,))
    assert scene.emulation.latest is not None
    assert scene.emulation.latest.missing == [1]
    np.testing.assert_array_equal(scene.emulation.latest.measured.choice[0, 3:6], kept)
    assert [cell.counts.missed_slots for cell in scene.emulation.cells] == [0, 1, 0]
    assert not scene.emulation.is_reproducible


def test_a_held_allocation_follows_the_vehicle_not_its_place() -> None:
    held = HeldAllocation(num_vehicles=3, num_bands=2)
    held.remember(["a", "b", "c"], [3, 2, 1])
    assert held.choices(["c", "new", "a"]) == [1, 1, 3]
    assert held.choices([None, None, None]) == [0, 1, 0]


def test_a_repeated_allocation_counts_once() -> None:
    scene = Scene()
    allocations = scene.slot()
    assert not scene.emulation.receive(allocations[0])
    scene.emulation.begin_slot()
    assert not scene.emulation.receive(allocations[0])
    assert scene.emulation.counts.dropped_messages == 2
    assert scene.emulation.slot == 1


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (np.array([0, 1, 8], np.int32), "choices are 0..7"),
        (np.array([0, -1, 2], np.int32), "choices are 0..7"),
        (np.array([0, 1], np.int32), "shape"),
        (np.array([0, 1, 2], np.float32), "FLOAT32"),
    ],
)
def test_choices_out_of_bounds_are_refused(choice: np.ndarray, sentence: str) -> None:
    scene = Scene()
    allocation = scene.slot()[0]
    scene.emulation.begin_slot()
    allocation.slot = 1
    allocation.choice.CopyFrom(codec.encode_array(choice))
    with pytest.raises(MessageError, match=sentence):
        scene.emulation.receive(allocation)


def test_an_agent_that_leaves_on_purpose_is_no_gap_and_one_that_is_lost_is() -> None:
    scene = Scene()
    scene.slot()
    scene.emulation.detach(0, 1, on_purpose=True)
    scene.emulation.detach(1, 1, on_purpose=False)
    assert [cell.counts.gaps for cell in scene.emulation.cells] == [0, 1, 0]
    assert scene.emulation.attached == [2]
    assert scene.emulation.is_reproducible


def test_an_agent_lost_within_a_slot_does_not_hold_it_up() -> None:
    scene = Scene()
    scene.slot()
    scene.emulation.begin_slot()
    for cell in (0, 1, 2):
        scene.emulation.detach(cell, 1, on_purpose=False)
    assert scene.emulation.is_complete
    assert scene.emulation.end_slot().missing == [0, 1, 2]


def test_a_detach_of_an_earlier_attach_changes_nothing() -> None:
    scene = Scene()
    scene.emulation.detach(0, 1, on_purpose=True)
    scene.attach(0)
    scene.emulation.detach(0, 1, on_purpose=False)
    assert scene.emulation.attached == [0, 1, 2]


def test_an_attach_takes_effect_in_the_next_slot_and_asks_for_a_report() -> None:
    scene = Scene()
    scene.emulation.detach(0, 1, on_purpose=True)
    assert set(scene.emulation.begin_slot()) == {1, 2}
    scene.emulation.attach(0)
    scene.emulation.end_slot()
    observations = scene.emulation.begin_slot()
    assert observations[0].must_report
    assert not observations[1].must_report


def test_cells_are_given_out_lowest_first_and_a_taken_one_is_refused() -> None:
    scene = Scene()
    assert scene.emulation.free_cell() is None
    scene.emulation.detach(1, 1, on_purpose=True)
    assert (scene.emulation.free_cell(), scene.emulation.free_cell(0), scene.emulation.free_cell(1)) == (1, None, 1)
    with pytest.raises(MessageError, match="cell=3"):
        scene.emulation.free_cell(3)
    with pytest.raises(MessageError, match="has an agent"):
        scene.emulation.attach(0)


def _simulator() -> Simulator:
    simulator = Simulator(Scene().run, bundle().digest)
    for cell in range(3):
        simulator.emulation.attach(cell)
    return simulator


def test_a_paused_run_advances_by_its_steps_alone() -> None:
    simulator = _simulator()
    simulator.control(ControlRequest(pause=True))
    assert not simulator.begin_slot_allowed()
    simulator.control(ControlRequest(step=2))
    assert [simulator.begin_slot_allowed() for _ in range(3)] == [True, True, False]
    simulator.control(ControlRequest(start=True))
    assert simulator.begin_slot_allowed()


def test_a_run_waits_for_its_agents_and_goes_on_without_them_once_begun() -> None:
    simulator = Simulator(Scene().run, bundle().digest)
    assert simulator.state == "waiting"
    for cell in range(3):
        simulator.emulation.attach(cell)
    assert simulator.begin_slot_allowed()
    simulator.emulation.detach(0, 1, on_purpose=False)
    assert simulator.state == "running"


def test_a_reset_begins_a_later_run_from_slot_0_with_its_seed() -> None:
    simulator = _simulator()
    answer = simulator.control(ControlRequest(reset=9))
    assert (answer.slot, answer.run_epoch, simulator.emulation.run.seed) == (0, 2, 9)
    assert simulator.emulation.attach(0).attach_epoch == 2
    assert simulator.emulation.cells[0].counts.reconnects == 0


def test_a_command_that_cannot_begin_its_run_leaves_the_old_one_and_no_line_in_the_trace(tmp_path: Path) -> None:
    trace = TraceWriter(tmp_path / "trace")
    simulator = Simulator(Scene().run, bundle().digest, trace=trace)
    unreachable = '{"num_sbs": 2, "sbs_sites_m": [[433, 250], [90000, 90000]]}'
    with pytest.raises(HierCoopError):
        simulator.control(ControlRequest(scenario=unreachable))
    with pytest.raises(ConfigError, match="started with"):
        simulator.control(ControlRequest(scenario='{"mobility": {"kind": "trace", "trace": "/etc/hostname"}}'))
    trace.close()
    assert simulator.emulation.run_epoch == 1
    assert b"control" not in (tmp_path / "trace").read_bytes()


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (ControlRequest(), "got none"),
        (ControlRequest(step=3), "not paused"),
        (ControlRequest(step=0), "step=0"),
        (ControlRequest(payload_bytes=-1.0), "payload_bytes=-1.0"),
        (ControlRequest(payload_bytes=float("nan")), "payload_bytes=nan"),
        (ControlRequest(scenario="{}x"), "scenario"),
        (ControlRequest(scenario='{"num_sbs": 0}'), "num_sbs"),
        (ControlRequest(scenario='{"colour": 1}'), "colour"),
        (ControlRequest(reset=2**63), "seed"),
    ],
)
def test_a_command_out_of_bounds_is_refused(request_: ControlRequest, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        _simulator().control(request_)


def test_a_payload_holds_from_the_next_delivery_round() -> None:
    scene = Scene()
    scene.slot()
    scene.emulation.set_payload_bytes(1.0)
    before = scene.emulation.env.channel_state().payload_left_bits.max()
    for _ in range(99):
        scene.slot()
    assert before > 8.0
    assert scene.emulation.env.channel_state().payload_left_bits.max() <= 8.0


def test_what_watch_shows_adds_up() -> None:
    scene = Scene()
    simulator = Simulator(scene.run, bundle().digest)
    simulator.emulation = scene.emulation
    for _ in range(120):
        scene.slot()
    seen = watch_snapshot(simulator, decision_cell=1)
    assert seen.slot == 120
    assert sum(cell.capacity_bits for cell in seen.cells) == pytest.approx(seen.capacity_bits, rel=1e-6)
    assert all(sum(cell.option_slots) == 120 for cell in seen.cells)
    assert sum(cell.rounds_offered for cell in seen.cells) == seen.rounds_offered == 9
    assert seen.decision.slot == 119
    recomputed = 1e6 * np.log1p(np.array(seen.decision.sinr, np.float64)) / np.log(2.0)
    np.testing.assert_allclose(seen.decision.capacity_bps, recomputed, rtol=1e-5)
    reports = {count.cell: count.messages for count in seen.signalling if count.type == "FeatureReport"}
    assert reports == {cell.cell: cell.reports for cell in seen.cells}
