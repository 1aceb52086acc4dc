"""Moving traffic: identity, queues, and the channel that goes with each vehicle."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.world import EmulationWorld, make_world
from hiercoop.errors import ConfigError, InputFileError
from hiercoop.radio.large_scale import LargeScale
from hiercoop.seeding import Streams

GRID = {"kind": "grid", "num_vehicles": 40}


def world(seed: int = 1, mobility: dict[str, object] | None = None, **changes: object) -> EmulationWorld:
    scenario = ScenarioConfig.model_validate({"mobility": mobility or GRID, **changes})
    made = make_world(scenario, 1, Streams(seed))
    assert isinstance(made, EmulationWorld)
    return made


def trace_of(path: Path, *steps: dict[str, tuple[float, float]]) -> dict[str, object]:
    body = "".join(
        f'<timestep time="{index / 10}">'
        + "".join(f'<vehicle id="{name}" x="{x}" y="{y}" angle="90" speed="5"/>' for name, (x, y) in there.items())
        + "</timestep>"
        for index, there in enumerate(steps)
    )
    path.write_text(f"<fcd-export>{body}</fcd-export>")
    return {"kind": "trace", "trace": str(path)}


def ids_of(placement: LargeScale) -> list[str | None]:
    assert placement.vehicle_id is not None
    return placement.vehicle_id


def test_everyone_is_served_or_waits_at_one_sbs() -> None:
    grid = world()
    for _ in range(30):
        grid.advance_large_scale()
        grid.begin_round()
        snapshot = grid.snapshot()
        assert len(set(snapshot.ids)) == len(snapshot.ids) == 40
        assert snapshot.num_served.sum() + snapshot.num_waiting.sum() == 40
        assert (snapshot.num_served <= 3).all()
        assert ((snapshot.num_waiting == 0) | (snapshot.num_served == 3)).all()
        served = snapshot.link[snapshot.link >= 0]
        assert len(set(served.tolist())) == served.size == snapshot.num_served.sum()


def test_links_carry_the_place_and_gain_of_their_vehicle_and_absent_links_nothing() -> None:
    few = world(mobility={"kind": "grid", "num_vehicles": 5})
    placement = few.begin_round()
    snapshot = few.snapshot()
    assert placement.is_present.sum() == 5
    assert not placement.is_present.all()
    for vehicle, link in enumerate(snapshot.link):
        assert ids_of(placement)[link] == snapshot.ids[vehicle]
        np.testing.assert_array_equal(placement.vehicle_xy_m[0, link], snapshot.xy_m[vehicle])
        assert placement.gain[0, link, :3].argmax() == link // 3
        assert placement.speed_mps[0, link] == 15.0
    absent = ~placement.is_present
    assert (placement.gain[absent] == 0.0).all()
    assert [name is None for name in ids_of(placement)] == absent[0].tolist()


def test_a_round_rotates_the_queues_and_moves_nobody() -> None:
    grid = world()
    first = grid.begin_round()
    before = grid.snapshot()
    second = grid.begin_round()
    after = grid.snapshot()
    np.testing.assert_array_equal(after.xy_m, before.xy_m)
    for cell in range(3):
        links = slice(3 * cell, 3 * cell + 3)
        served_again = set(ids_of(first)[links]) & set(ids_of(second)[links])
        assert len(served_again) == max(0, 3 - int(before.num_waiting[cell]))


def test_advancing_moves_everybody_and_gives_nobody_a_new_link() -> None:
    grid = world(mobility={"kind": "grid", "num_vehicles": 60})
    before_ids = ids_of(grid.begin_round())
    before = grid.snapshot()
    for _ in range(50):
        placement = grid.advance_large_scale()
    assert (np.linalg.norm(grid.snapshot().xy_m - before.xy_m, axis=1) > 1.0).all()
    for old, new in zip(before_ids, ids_of(placement), strict=True):
        assert new in (old, None)
    assert None in ids_of(placement)


def test_after_a_full_rotation_everyone_was_served() -> None:
    parked = world(mobility={"kind": "grid", "num_vehicles": 40, "speed_mps": 0.0})
    served: set[str | None] = set()
    for _ in range(1 + math.ceil(40 / 3)):
        served |= set(ids_of(parked.begin_round()))
    assert set(parked.snapshot().ids) <= served


def test_parked_vehicles_keep_their_gain_and_driving_ones_change_it_slowly() -> None:
    parked = world(mobility={"kind": "grid", "num_vehicles": 9, "speed_mps": 0.0})
    first = parked.begin_round()
    np.testing.assert_array_equal(parked.advance_large_scale().gain, first.gain)
    driving = world()
    driving.begin_round()
    steps_db = []
    before = driving.advance_large_scale()
    for _ in range(50):
        now = driving.advance_large_scale()
        same = before.is_present[0] & now.is_present[0]
        steps_db.append(10 * np.log10(now.gain[0, same, 3] / before.gain[0, same, 3]))
        before = now
    # 1.5 m at 50 m decorrelation: sqrt(2 (1 - exp(-0.03))) x 8 dB = 1.9 dB
    assert np.concatenate(steps_db).std() == pytest.approx(1.95, abs=0.5)


def test_one_seed_repeats_and_two_differ() -> None:
    worlds = [world(1), world(1), world(2)]
    for each in worlds:
        each.begin_round()
    for _ in range(20):
        one, same, other = (each.advance_large_scale() for each in worlds)
        np.testing.assert_array_equal(one.gain, same.gain)
        assert ids_of(one) == ids_of(same)
        assert not np.array_equal(one.gain, other.gain)


def test_grid_traffic_is_twice_what_can_be_served_by_default_and_never_ends() -> None:
    grid = world(mobility={"kind": "grid"}, num_sbs=4)
    assert len(grid.snapshot().ids) == 24
    for _ in range(20):
        grid.advance_large_scale()
    assert not grid.is_over


def test_moving_traffic_is_one_environment() -> None:
    with pytest.raises(ConfigError, match=r"num_envs=2 must be 1"):
        make_world(ScenarioConfig.model_validate({"mobility": GRID}), 2, Streams(1))


def test_six_hundred_vehicles_and_twelve_cells_cost_little() -> None:
    crowd = world(mobility={"kind": "grid", "num_vehicles": 600}, num_sbs=12)
    crowd.begin_round()
    begin_s = time.process_time()
    for _ in range(20):
        crowd.advance_large_scale()
    assert (time.process_time() - begin_s) / 20 < 0.02  # with annotations checked; about 1 ms without


def test_a_trace_vehicle_that_leaves_frees_its_link_and_a_newcomer_waits_for_the_round(tmp_path: Path) -> None:
    both, other = {"a": (0.0, 0.0), "b": (9.0, 0.0)}, {"b": (9.0, 0.0), "c": (5.0, 5.0)}
    trace = world(mobility=trace_of(tmp_path / "t.fcd.xml", both, other, other), num_sbs=1)
    assert ids_of(trace.begin_round()) == ["a", "b", None]
    moved = trace.advance_large_scale()
    assert ids_of(moved) == [None, "b", None]
    assert moved.is_present.tolist() == [[False, True, False]]
    assert trace.snapshot().link.tolist() == [1, -1]
    assert ids_of(trace.begin_round()) == ["c", "b", None]


def test_a_vehicle_that_changes_cell_frees_its_link(tmp_path: Path) -> None:
    here, there = {"a": (0.0, 0.0)}, {"a": (2000.0, 0.0)}
    trace = world(
        mobility=trace_of(tmp_path / "t.fcd.xml", here, there, there),
        num_sbs=2,
        sbs_sites_m=[(0.0, 5.0), (2000.0, 5.0)],
    )
    assert ids_of(trace.begin_round()) == ["a"] + [None] * 5
    assert ids_of(trace.advance_large_scale()) == [None] * 6
    assert trace.snapshot().num_waiting.tolist() == [0, 1]
    assert ids_of(trace.begin_round()) == [None] * 3 + ["a"] + [None] * 2


def test_a_road_may_be_empty_for_a_while(tmp_path: Path) -> None:
    here = {"a": (0.0, 0.0)}
    trace = world(mobility=trace_of(tmp_path / "t.fcd.xml", {}, here, {}, here), num_sbs=1)
    assert not trace.begin_round().is_present.any()
    assert not trace.advance_large_scale().is_present.any()
    assert trace.begin_round().is_present.sum() == 1
    assert not trace.advance_large_scale().is_present.any()


def test_a_trace_is_over_at_its_last_step(tmp_path: Path) -> None:
    here = {"a": (0.0, 0.0)}
    trace = world(mobility=trace_of(tmp_path / "t.fcd.xml", here, here, here), num_sbs=1)
    trace.begin_round()
    assert not trace.is_over
    trace.advance_large_scale()
    assert not trace.is_over
    trace.advance_large_scale()
    assert trace.is_over
    assert trace.advance_large_scale().is_present.sum() == 1
    assert trace.is_over


def test_an_unusable_trace_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="does not exist"):
        world(mobility={"kind": "trace", "trace": str(tmp_path / "none.fcd.xml")})


def test_bologna_runs_from_its_first_second_to_its_last(bologna_trace: Path) -> None:
    trace = world(mobility={"kind": "trace", "trace": str(bologna_trace)}, num_sbs=12)
    low_m, high_m = trace.sbs_sites_m.min(axis=0), trace.sbs_sites_m.max(axis=0)
    assert (low_m > 0.0).all()
    assert (high_m < [1820.0, 1360.0]).all()
    np.testing.assert_allclose(trace.mbs_site_m, [909.8, 679.0], atol=0.1)
    seen: set[str] = set()
    num_periods = 0
    trace.begin_round()
    while not trace.is_over:
        placement = trace.advance_large_scale()
        trace.begin_round()
        seen |= set(trace.snapshot().ids)
        num_periods += 1
        assert np.isfinite(placement.gain).all()
    assert num_periods == 299
    assert len(seen) == 579
