"""Rates from cumulative counters, against the script that made them."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.execution.signalling_cost import RunExtent, kind_totals, layer_cost, phase_totals
from hiercoop.execution.watch_series import (
    MAX_PAYLOADS,
    MAX_SAMPLES,
    RunHistory,
    mean_capacity_bps,
    mean_time_to_deliver_s,
    option_length_counts,
    run_series,
    sample_of,
    success_of,
)
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.web.scripted import NUM_CELLS, NUM_OPTIONS, ScriptedRun, cell_capacity_bps, option_at

SLOT_S = 1e-3


def watched(run: ScriptedRun, *steps: int) -> RunHistory:
    history = RunHistory(sample_of(run.response()))
    for step in steps:
        run.advance(step)
        history.append(sample_of(run.response()))
    return history


def test_shares_over_a_stretch_are_those_of_the_options_that_were_in_force_in_it() -> None:
    series = run_series(watched(ScriptedRun(), 300, 450).samples("run"), SLOT_S)
    expected = [
        np.bincount([option_at(cell, slot) for cell in range(NUM_CELLS) for slot in slots], minlength=NUM_OPTIONS)
        / (NUM_CELLS * len(slots))
        for slots in (range(300), range(300, 750))
    ]
    np.testing.assert_allclose(series.option_share, expected)
    assert series.slot.tolist() == [300, 750]
    np.testing.assert_allclose(series.time_s, [0.3, 0.75])


def test_capacity_over_a_stretch_is_the_mean_of_its_slots() -> None:
    series = run_series(watched(ScriptedRun(), 100, 50).samples("recent"), SLOT_S)
    by_cell = [np.mean([cell_capacity_bps(cell, slot) for slot in range(100, 150)]) for cell in range(NUM_CELLS)]
    np.testing.assert_allclose(series.cell_capacity_bps[1], by_cell)
    np.testing.assert_allclose(series.capacity_bps[1], sum(by_cell))


def test_delivery_is_unknown_where_no_round_ended() -> None:
    series = run_series(watched(ScriptedRun(), 50, 100, 20).samples("run"), SLOT_S)
    assert np.isnan(series.delivery_success[[0, 2]]).all()
    assert series.delivery_success[1] == pytest.approx(8 / 9)
    assert 0.05 < series.time_to_deliver_s[1] < 0.07


def test_leaving_samples_out_averages_over_longer_stretches() -> None:
    history = watched(ScriptedRun(), *[10] * 40)
    fine, coarse = (run_series(history.samples("run", points), SLOT_S) for points in (41, 11))
    assert len(coarse.slot) == 10
    np.testing.assert_allclose(coarse.capacity_bps, fine.capacity_bps.reshape(10, 4).mean(axis=1))


def test_a_whole_run_is_kept_in_a_bounded_number_of_samples_from_its_first_to_its_latest() -> None:
    history = RunHistory(sample_of(WatchResponse(slot=0)))
    for slot in range(1, 5_000):
        history.append(sample_of(WatchResponse(slot=slot)))
        assert len(history.samples("run")) <= MAX_SAMPLES
    kept = [sample.slot for sample in history.samples("run")]
    assert kept[-1] == 4_999
    assert kept[0] <= 16
    assert max(np.diff(kept)) <= 32
    assert [sample.slot for sample in history.samples("recent")] == list(range(4_400, 5_000))


def test_a_paused_run_adds_no_points() -> None:
    history = watched(ScriptedRun(), 10, 0, 0, 0)
    assert [sample.slot for sample in history.samples("recent")] == [0, 10]


def test_one_sample_gives_a_series_without_points() -> None:
    history = watched(ScriptedRun())
    assert run_series(history.samples("run"), SLOT_S).capacity_bps.shape == (0,)
    assert history.current(SLOT_S).capacity_bps.shape == (0,)


def test_an_option_that_is_first_used_later_had_no_share_before() -> None:
    first = WatchResponse(slot=10)
    first.cells.add().option_slots.extend([10])
    second = WatchResponse(slot=20)
    second.cells.add().option_slots.extend([10, 0, 10])
    history = RunHistory(sample_of(WatchResponse(slot=0, cells=[{}])))
    for response in (first, second):
        history.append(sample_of(response))
    np.testing.assert_array_equal(run_series(history.samples("run"), SLOT_S).option_share, [[1, 0, 0], [0, 0, 1]])


def test_slots_are_counted_to_the_payload_that_was_in_force_when_their_stretch_began() -> None:
    run = ScriptedRun()
    history = watched(run, 100)
    run.payload_bytes = 20_000.0
    for _ in range(2):
        run.advance(50)
        history.append(sample_of(run.response()))
    slots = {payload: int(counts.sum()) for payload, counts in history.payload_option_slots.items()}
    assert slots == {55_000.0: NUM_CELLS * 150, 20_000.0: NUM_CELLS * 50}


def test_payloads_that_were_tried_long_ago_are_forgotten() -> None:
    run = ScriptedRun()
    history = watched(run)
    for payload in range(MAX_PAYLOADS + 10):
        run.payload_bytes = float(payload)
        run.advance(1)
        history.append(sample_of(run.response()))
    assert len(history.payload_option_slots) == MAX_PAYLOADS


def test_counters_that_fall_do_not_continue_a_run() -> None:
    history = watched(ScriptedRun(), 100)
    assert history.continues_with(sample_of(WatchResponse(slot=100, cells=[{}, {}, {}])))
    assert not history.continues_with(sample_of(WatchResponse(slot=99, cells=[{}, {}, {}])))
    assert not history.continues_with(sample_of(WatchResponse(slot=200, cells=[{}])))


def test_totals_of_a_run_are_unknown_before_anything_happened() -> None:
    assert mean_capacity_bps(0.0, 0, SLOT_S) is None
    assert success_of(0, 0) is None
    assert mean_time_to_deliver_s(sample_of(WatchResponse())) is None
    assert mean_capacity_bps(5e6, 100, SLOT_S) == pytest.approx(50e6)
    assert success_of(3, 4) == 0.75


def test_option_lengths_are_added_up_over_cells() -> None:
    run = ScriptedRun()
    run.advance(2_000)
    counts = option_length_counts(run.response().cells)
    assert counts.sum() == sum(cell.terminations for cell in run.cells)


def test_layers_differ_by_their_framing_and_add_up_over_kinds() -> None:
    run = ScriptedRun()
    run.advance(1_000)
    counts, extent = run.response().signalling, RunExtent(1_000, NUM_CELLS, SLOT_S, delivered_bits=1e6)
    payload, http2, link = (layer_cost(counts, name, extent) for name in ("payload_bytes", "http2_bytes", "link_bytes"))
    kinds = kind_totals(counts)
    messages_up = sum(kind.messages for kind in kinds if kind.is_up)
    assert payload.up_bytes == sum(kind.payload_bytes for kind in kinds if kind.is_up)
    assert http2.up_bytes == payload.up_bytes + 14 * messages_up
    assert link.up_bytes == http2.up_bytes + 66 * messages_up
    total_bytes = payload.up_bytes + payload.down_bytes
    assert payload.bytes_per_slot == total_bytes / 1_000
    assert payload.bytes_per_sbs_second == pytest.approx(total_bytes / 3)
    assert payload.bits_per_delivered_bit == pytest.approx(total_bytes * 8 / 1e6)
    phases = phase_totals(counts)
    assert set(phases) == {"setup", "policy_transfer", "steady"}
    assert sum(phase["payload_bytes"] for phase in phases.values()) == total_bytes


def test_costs_of_a_run_that_has_not_begun_are_unknown() -> None:
    cost = layer_cost([], "payload_bytes", RunExtent(0, 3, SLOT_S, 0.0))
    assert (cost.bytes_per_slot, cost.bytes_per_sbs_second, cost.bits_per_delivered_bit) == (None, None, None)
