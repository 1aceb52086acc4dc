"""The urban grid: lanes, sites, and traffic that keeps to its roads."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.errors import ConfigError
from hiercoop.mobility import urban_grid
from hiercoop.mobility.urban_grid import GridTraffic, place

LANE_CENTRES_M = np.array([1.75, 5.25])


def lane_offset_m(xy_m: np.ndarray, heading_deg: np.ndarray) -> np.ndarray:
    """Distance to the right of the centre line of the road that each vehicle drives along."""
    runs_north_south = np.isin(heading_deg, [0.0, 180.0])
    across_m = np.where(runs_north_south, xy_m[:, 0], xy_m[:, 1])
    spacing_m = np.where(runs_north_south, 433.0, 250.0)
    from_centre_m = (across_m + spacing_m / 2) % spacing_m - spacing_m / 2
    return np.where(np.isin(heading_deg, [0.0, 270.0]), from_centre_m, -from_centre_m)


def wrapped_way_m(before_m: np.ndarray, after_m: np.ndarray) -> np.ndarray:
    area_m = np.array([1299.0, 750.0])
    return (after_m - before_m + area_m / 2) % area_m - area_m / 2


def test_placed_vehicles_stand_on_the_right_hand_lanes_of_the_map() -> None:
    lanes = place(np.random.default_rng(1), 5000)
    assert ((lanes.xy_m >= 0.0) & (lanes.xy_m < [1299.0, 750.0])).all()
    offsets_m = lane_offset_m(lanes.xy_m, lanes.heading_deg)
    assert np.isclose(offsets_m[:, None], LANE_CENTRES_M).any(axis=1).all()


def test_placement_is_uniform_over_the_length_of_all_lanes() -> None:
    lanes = place(np.random.default_rng(2), 60_000)
    shares = np.bincount((lanes.heading_deg / 90.0).astype(int)) / 60_000
    # 6 lanes of 750 m run north, as many south; 6 of 1299 m run east, as many west
    np.testing.assert_allclose(shares, np.array([750.0, 1299.0, 750.0, 1299.0]) / 4098.0, atol=0.01)
    eastbound_m = lanes.xy_m[lanes.heading_deg == 90.0]
    np.testing.assert_allclose(np.histogram(eastbound_m[:, 0], 9, (0, 1299))[0] / len(eastbound_m), 1 / 9, atol=0.01)
    np.testing.assert_allclose(np.histogram(eastbound_m[:, 1], 3, (0, 750))[0] / len(eastbound_m), 1 / 3, atol=0.015)


def test_driving_vehicles_stay_on_lanes_and_cover_their_speed_each_second() -> None:
    traffic = GridTraffic(np.random.default_rng(3), 300, 15.0)
    before = traffic.vehicles()
    for _ in range(150):
        assert traffic.advance(0.2)
        now = traffic.vehicles()
        offsets_m = lane_offset_m(now.xy_m, now.heading_deg)
        assert np.isclose(offsets_m[:, None], LANE_CENTRES_M, atol=1e-6).any(axis=1).all()
        way_m = np.abs(wrapped_way_m(before.xy_m, now.xy_m)).sum(axis=1)  # a turn takes both axes
        np.testing.assert_allclose(way_m, 3.0, atol=1e-6)
        before = now
    assert before.ids == traffic.vehicles().ids


def test_vehicles_move_along_their_heading() -> None:
    traffic = GridTraffic(np.random.default_rng(4), 500, 15.0)
    before = traffic.vehicles()
    traffic.advance(0.1)
    now = traffic.vehicles()
    straight = before.heading_deg == now.heading_deg
    angle_rad = np.deg2rad(before.heading_deg[straight])
    expected_m = 1.5 * np.stack([np.sin(angle_rad), np.cos(angle_rad)], axis=1)
    np.testing.assert_allclose(wrapped_way_m(before.xy_m, now.xy_m)[straight], expected_m, atol=1e-6)


def test_half_go_straight_and_a_quarter_turn_each_way() -> None:
    traffic = GridTraffic(np.random.default_rng(5), 2000, 10.0)
    turns = np.zeros(4)
    way_m = 0.0
    heading_deg = traffic.vehicles().heading_deg
    for _ in range(150):
        traffic.advance(1.0)
        way_m += 2000 * 10.0
        new_deg = traffic.vehicles().heading_deg
        turns += np.bincount(((new_deg - heading_deg) % 360.0 / 90.0).astype(int), minlength=4)
        heading_deg = new_deg
    right, around, left = turns[1:]
    assert around == 0
    assert left / right == pytest.approx(1.0, abs=0.1)
    # Straight and turning are equally likely, so east-west and north-south blocks are met equally often: 341.5 m on average.
    num_passed = way_m / 341.5
    assert (left + right) / num_passed == pytest.approx(0.5, abs=0.02)


def test_one_long_move_passes_as_many_intersections_as_many_short_ones() -> None:
    traffic = GridTraffic(np.random.default_rng(6), 200, 100.0)
    assert traffic.advance(60.0)
    now = traffic.vehicles()
    offsets_m = lane_offset_m(now.xy_m, now.heading_deg)
    assert np.isclose(offsets_m[:, None], LANE_CENTRES_M, atol=1e-6).any(axis=1).all()
    assert np.unique(now.heading_deg).size == 4


def test_traffic_repeats_with_its_seed_and_stands_at_speed_zero() -> None:
    one, same = (GridTraffic(np.random.default_rng(7), 50, 15.0) for _ in range(2))
    for _ in range(200):
        one.advance(0.5)
        same.advance(0.5)
    np.testing.assert_array_equal(one.vehicles().xy_m, same.vehicles().xy_m)
    parked = GridTraffic(np.random.default_rng(7), 50, 0.0)
    before_m = parked.vehicles().xy_m
    parked.advance(10.0)
    np.testing.assert_array_equal(parked.vehicles().xy_m, before_m)


def test_three_sites_are_those_of_the_design_and_the_mbs_is_in_the_middle() -> None:
    assert urban_grid.sites(3).tolist() == [[433.0, 250.0], [866.0, 250.0], [433.0, 500.0]]
    assert urban_grid.mbs_site().tolist() == [649.5, 375.0]


def test_more_sites_are_distinct_on_the_centre_lines_and_extend_fewer() -> None:
    all_m = urban_grid.sites(64)
    assert len(np.unique(all_m, axis=0)) == 64
    on_road = np.isclose(all_m % [433.0, 250.0], 0.0).any(axis=1)
    assert on_road.all()
    assert ((all_m >= 0.0) & (all_m <= [1299.0, 750.0])).all()
    for num_sbs in (1, 3, 4, 12, 40):
        np.testing.assert_array_equal(urban_grid.sites(num_sbs), all_m[:num_sbs])
    at_intersection = np.isclose(all_m % [433.0, 250.0], 0.0).all(axis=1)
    assert at_intersection[:16].all()
    assert not at_intersection[16:].any()


def test_sites_of_a_street_are_evenly_spaced_around_the_middle_of_the_map() -> None:
    sites_m = urban_grid.street_sites(5, 40.0)
    np.testing.assert_allclose(np.diff(sites_m[:, 0]), 40.0)
    assert sites_m[:, 0].mean() == pytest.approx(649.5)
    assert (sites_m[:, 1] == 250.0).all()
    np.testing.assert_array_equal(urban_grid.street_sites(1, 40.0), [[649.5, 250.0]])


def test_a_street_too_short_for_its_sites_is_refused_with_what_would_fit() -> None:
    with pytest.raises(ConfigError, match=r"sbs_spacing_m=200 makes a row of 1400 m; 8 SBSs fit the street up to 185\.6"):
        urban_grid.street_sites(8, 200.0)
    assert urban_grid.street_sites(8, 185.5)[:, 0].min() >= 0.0


def test_more_sites_than_the_grid_offers_are_refused() -> None:
    with pytest.raises(ConfigError, match="num_sbs=89"):
        urban_grid.sites(89)
