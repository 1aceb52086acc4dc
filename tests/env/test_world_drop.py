"""Drops: who is placed where, for any number of environments."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.world import EpisodeWorld, make_world
from hiercoop.errors import ConfigError
from hiercoop.radio.path_loss import winner_b1_path_loss_db
from hiercoop.seeding import Streams

OWN_CELL = np.repeat(np.arange(3), 3)


def scenario(**changes: object) -> ScenarioConfig:
    return ScenarioConfig.model_validate(changes)


def world(num_envs: int, seed: int = 1, **changes: object) -> EpisodeWorld:
    made = make_world(scenario(**changes), num_envs, Streams(seed))
    assert isinstance(made, EpisodeWorld)
    return made


NEAR = {"drop": "near"}
EDGE = {"drop": "edge"}


def sbs_path_loss_db(xy_m: np.ndarray, sites_m: np.ndarray) -> np.ndarray:
    offset_m = xy_m[:, :, None] - sites_m
    return np.asarray(winner_b1_path_loss_db(offset_m[..., 0], offset_m[..., 1], 2e9, 6.0, 1.5))


@pytest.mark.parametrize("mobility", [{}, NEAR, EDGE])
def test_every_link_belongs_to_its_strongest_sbs(mobility: dict[str, str]) -> None:
    placement = world(200, mobility=mobility).begin_round()
    assert placement.gain.shape == (200, 9, 4)
    assert placement.gain.dtype == np.float32
    assert (placement.gain > 0.0).all()
    assert placement.is_present.all()
    np.testing.assert_array_equal(placement.gain[..., :3].argmax(axis=2), np.tile(OWN_CELL, (200, 1)))


def test_near_drops_keep_to_the_path_loss_of_120_m_and_grid_drops_do_not() -> None:
    limit_db = float(winner_b1_path_loss_db(120.0, 0.0, 2e9, 6.0, 1.5))
    for mobility, is_bounded in ((NEAR, True), ({}, False)):
        near = world(300, mobility=mobility)
        own_db = sbs_path_loss_db(near.begin_round().vehicle_xy_m, near.sbs_sites_m)[:, np.arange(9), OWN_CELL]
        assert (own_db.max() <= limit_db + 1e-3) == is_bounded


def test_edge_drops_keep_where_two_sbss_are_within_the_handover_margin_and_grid_drops_do_not() -> None:
    for mobility, is_bounded in ((EDGE, True), ({}, False)):
        sbs_gain_db = 10.0 * np.log10(np.sort(world(300, mobility=mobility).begin_round().gain[..., :3], axis=2))
        margin_db = sbs_gain_db[..., 2] - sbs_gain_db[..., 1]
        assert (margin_db.max() <= 3.0 + 1e-4) == is_bounded
        assert margin_db.max() > 2.9


def test_edge_drops_need_a_second_sbs() -> None:
    with pytest.raises(ValueError, match=r'mobility\.drop="edge" lies between two SBSs; num_sbs=1 must be at least 2'):
        scenario(num_sbs=1, mobility=EDGE)


def test_vehicle_slots_are_occupied_as_often_as_the_scenario_says_and_those_left_empty_have_no_gain() -> None:
    placement = world(2000, mobility={"occupancy_prob": 0.75}).begin_round()
    np.testing.assert_allclose(placement.is_present.mean(axis=0), 0.75, atol=0.04)
    counts = placement.is_present.reshape(2000, 3, 3).sum(axis=2)
    np.testing.assert_allclose(np.cov(counts.T), np.diag([9 / 16] * 3), atol=0.06)  # binomial, cell by cell
    np.testing.assert_array_equal(placement.gain.any(axis=2), placement.is_present)


def test_empty_slots_are_silent_and_the_others_stand_where_they_would() -> None:
    full, partial = world(50).begin_round(), world(50, mobility={"occupancy_prob": 0.5}).begin_round()
    present = partial.is_present
    np.testing.assert_array_equal(partial.gain[present], full.gain[present])
    env = HetNetEnv(scenario(mobility={"occupancy_prob": 0.5}), 50, 1)
    env.reset()
    np.testing.assert_array_equal(env.step(np.zeros((50, 3, 3), np.int64)).measurement.active, present)


def test_the_snapshot_shows_only_vehicles_that_are_there() -> None:
    drops = world(1, seed=4, mobility={"occupancy_prob": 0.5})
    present = drops.begin_round().is_present[0]
    snapshot = drops.snapshot()
    assert 0 < present.sum() < 9
    np.testing.assert_array_equal(snapshot.link, np.flatnonzero(present))
    assert len(snapshot.ids) == len(snapshot.xy_m) == len(snapshot.heading_deg) == present.sum()
    np.testing.assert_array_equal(snapshot.num_served, present.reshape(3, 3).sum(axis=1))


def test_a_batch_is_distributed_as_drops_drawn_one_environment_at_a_time() -> None:
    batch = world(2000).begin_round()
    alone = world(1, seed=2)
    one_by_one = [alone.begin_round() for _ in range(400)]
    for link in (0, 2, 8):
        for cell in (0, 3):
            single_db = np.log10([placement.gain[0, link, cell] for placement in one_by_one])
            assert stats.ks_2samp(np.log10(batch.gain[:, link, cell]), single_db).pvalue > 1e-3
    x_m = [placement.vehicle_xy_m[0, 4, 0] for placement in one_by_one]
    assert stats.ks_2samp(batch.vehicle_xy_m[:, 4, 0], x_m).pvalue > 1e-3


def test_vehicle_slots_of_a_cell_are_alike() -> None:
    gain_db = np.log10(world(3000).begin_round().gain)
    assert stats.ks_2samp(gain_db[:, 3, 1], gain_db[:, 5, 1]).pvalue > 1e-3


def test_each_round_is_a_new_drop_and_advancing_changes_nothing() -> None:
    drops = world(4)
    first = drops.begin_round()
    still = drops.advance_large_scale()
    np.testing.assert_array_equal(still.gain, first.gain)
    np.testing.assert_array_equal(still.vehicle_xy_m, first.vehicle_xy_m)
    assert not np.isin(drops.begin_round().gain, first.gain).any()
    assert not drops.is_over


def test_one_seed_repeats_and_two_differ() -> None:
    one, same, other = world(5, 1).begin_round(), world(5, 1).begin_round(), world(5, 2).begin_round()
    np.testing.assert_array_equal(one.gain, same.gain)
    assert not np.array_equal(one.gain, other.gain)


def test_large_batches_are_dropped_in_well_under_a_second() -> None:
    drops = world(1024)
    drops.begin_round()
    begin_s = time.process_time()
    drops.begin_round()
    assert time.process_time() - begin_s < 0.5


@pytest.mark.parametrize(("num_sbs", "num_vehicles"), [(1, 1), (1, 16), (12, 3), (40, 2)])
def test_other_numbers_of_cells_and_vehicles_fill_too(num_sbs: int, num_vehicles: int) -> None:
    placement = world(3, num_sbs=num_sbs, num_vehicles_per_sbs=num_vehicles).begin_round()
    own = np.repeat(np.arange(num_sbs), num_vehicles)
    np.testing.assert_array_equal(placement.gain[..., :-1].argmax(axis=2), np.tile(own, (3, 1)))


def test_a_site_that_no_vehicle_would_choose_is_refused_with_a_way_out() -> None:
    far = [(433.0, 250.0), (866.0, 250.0), (90_000.0, 90_000.0)]
    with pytest.raises(ConfigError, match=r"SBS 2 at \(90000, 90000\) m attracts 0 of \d+ vehicles.*sbs_sites_m"):
        world(2, sbs_sites_m=far).begin_round()
    with pytest.raises(ConfigError, match=r'mobility\.drop="grid"'):
        world(1, sbs_sites_m=far, mobility=NEAR).begin_round()
    with pytest.raises(ConfigError, match=r'SBS \d .* mobility\.drop="edge".*or use mobility\.drop="grid"'):
        world(1, num_sbs=2, sbs_sites_m=[(433.0, 250.0), (90_000.0, 90_000.0)], mobility=EDGE).begin_round()


def test_given_sites_are_used() -> None:
    given = world(1, num_sbs=2, sbs_sites_m=[(0.0, 250.0), (866.0, 500.0)], mbs_site_m=(433.0, 375.0))
    assert given.sbs_sites_m.tolist() == [[0.0, 250.0], [866.0, 500.0]]
    assert given.mbs_site_m.tolist() == [433.0, 375.0]
    given.begin_round()


def test_a_spacing_puts_the_sbss_in_a_row_along_a_street() -> None:
    row = world(1, sbs_spacing_m=50.0)
    assert row.sbs_sites_m.tolist() == [[599.5, 250.0], [649.5, 250.0], [699.5, 250.0]]
    assert row.mbs_site_m.tolist() == [649.5, 375.0]
    row.begin_round()


@pytest.mark.parametrize("other", [{"sbs_sites_m": [(0.0, 250.0)] * 3}, {"mobility": {"kind": "trace", "trace": "town.xml"}}])
def test_a_spacing_beside_other_sources_of_sites_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="sbs_spacing_m=50 is for the grid"):
        scenario(sbs_spacing_m=50.0, **other)


def test_nothing_can_be_seen_before_the_first_round() -> None:
    with pytest.raises(ConfigError, match="begin_round first"):
        world(1).snapshot()
    with pytest.raises(ConfigError, match="begin_round first"):
        world(1).advance_large_scale()


def test_the_snapshot_shows_the_first_environment() -> None:
    drops = world(3)
    placement = drops.begin_round()
    snapshot = drops.snapshot()
    np.testing.assert_array_equal(snapshot.xy_m, placement.vehicle_xy_m[0])
    assert snapshot.link.tolist() == list(range(9))
    assert len(set(snapshot.ids)) == 9
    assert (snapshot.num_served.tolist(), snapshot.num_waiting.tolist()) == ([3, 3, 3], [0, 0, 0])
    assert set(snapshot.heading_deg) <= {0.0, 90.0, 180.0, 270.0}
