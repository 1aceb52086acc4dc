"""The link budget in `gains`, and what `large_scale` makes of places."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.radio.gains import channel_gain, large_scale_gain
from hiercoop.radio.large_scale import Obstruction, SiteModel
from hiercoop.radio.path_loss import macro_path_loss_db, umi_los_prob, winner_b1_path_loss_db

GRID = ScenarioConfig()
UMI = ScenarioConfig.model_validate({"radio": {"sbs_path_loss": "umi-street-canyon"}})
SITES_M = np.array([[433.0, 250.0], [866.0, 250.0], [433.0, 500.0], [649.5, 375.0]])


def clear(num_vehicles: int) -> Obstruction:
    shape = (1, num_vehicles)
    return Obstruction(np.zeros((*shape, 4), np.float32), np.zeros((*shape, 3), np.float32))


def to_db(gain: np.ndarray) -> np.ndarray:
    return 10.0 * np.log10(gain.astype(np.float64))


def test_gain_holds_antennas_noise_figure_path_loss_and_shadowing() -> None:
    path_loss_db = np.full((1, 1, 4), 100.0)
    shadowing_db = np.array([[[0.0, 5.0, -5.0, 8.0]]])
    gain_db = to_db(large_scale_gain(path_loss_db, shadowing_db, GRID))
    # SBS: 3 + 5 - 5 dB; MBS: 3 + 20 - 5 dB
    np.testing.assert_allclose(gain_db, [[[-97.0, -102.0, -92.0, -90.0]]], atol=1e-4)


def test_channel_gain_scales_the_large_scale_gain_by_the_fading_of_each_band() -> None:
    large_scale = np.array([[[2.0, 3.0]]], dtype=np.float32)
    fading = np.array([[[[1.0, 0.5], [4.0, 0.0]]]], dtype=np.float32)
    np.testing.assert_array_equal(channel_gain(large_scale, fading), [[[[2.0, 1.0], [12.0, 0.0]]]])


def test_unobstructed_gain_is_the_path_loss_of_the_real_distance() -> None:
    vehicle_m = np.array([[[433.0 + 1.75, 310.0], [600.0, 250.0 - 1.75]]])
    gain_db = to_db(SiteModel(GRID, SITES_M).propagation(vehicle_m, clear(2)).gain)
    for vehicle in range(2):
        dx_m, dy_m = np.abs(vehicle_m[0, vehicle] - SITES_M).T
        sbs_db = winner_b1_path_loss_db(dx_m[:3], dy_m[:3], 2e9, 6.0, 1.5)
        slant_m = np.sqrt(dx_m[3] ** 2 + dy_m[3] ** 2 + 23.5**2)
        np.testing.assert_allclose(gain_db[0, vehicle, :3], 3.0 - np.asarray(sbs_db), atol=1e-3)
        assert gain_db[0, vehicle, 3] == pytest.approx(18.0 - float(macro_path_loss_db(slant_m)), abs=1e-3)


def test_shadowing_weighs_as_the_place_says() -> None:
    vehicle_m = np.array([[[434.75, 310.0]]])  # in the street of sites 0 and 2, round the corner from site 1
    model = SiteModel(GRID, SITES_M)
    shadowed = Obstruction(np.ones((1, 1, 4), np.float32), np.zeros((1, 1, 3), np.float32))
    loss_db = to_db(model.propagation(vehicle_m, clear(1)).gain) - to_db(model.propagation(vehicle_m, shadowed).gain)
    np.testing.assert_allclose(loss_db, [[[3.0, 4.0, 3.0, 8.0]]], atol=1e-3)


def test_gains_far_from_the_origin_are_as_precise_as_near_it() -> None:
    shift_m = np.array([680_000.0, 4_900_000.0])
    vehicle_m = np.array([[[434.75, 310.0]]])
    near = SiteModel(GRID, SITES_M).propagation(vehicle_m, clear(1)).gain
    far = SiteModel(GRID, SITES_M + shift_m).propagation(vehicle_m + shift_m, clear(1)).gain
    np.testing.assert_allclose(far, near, rtol=1e-4)


@pytest.mark.parametrize("distance_m", [10.0, 40.0, 150.0])
def test_umi_line_of_sight_comes_as_often_as_its_probability_says(distance_m: float) -> None:
    model = SiteModel(UMI, SITES_M)
    vehicle_m = np.tile(SITES_M[0] + [distance_m, 0.0], (1, 20_000, 1))
    state = model.initial_obstruction(np.random.default_rng(5), 1, 20_000)
    is_los = model.propagation(vehicle_m, state).is_los[0, :, 0]
    assert is_los.mean() == pytest.approx(float(umi_los_prob(distance_m)), abs=0.015)


def test_umi_line_of_sight_stays_while_a_vehicle_stands_and_lasts_about_50_m() -> None:
    model, generator = SiteModel(UMI, SITES_M), np.random.default_rng(6)
    num = 20_000
    vehicle_m = np.tile(SITES_M[0] + [60.0, 0.0], (1, num, 1))
    state = model.initial_obstruction(generator, 1, num)
    before = model.propagation(vehicle_m, state).is_los
    parked = model.advance_obstruction(state, np.zeros((1, num)), generator)
    np.testing.assert_array_equal(model.propagation(vehicle_m, parked).is_los, before)
    moved = model.advance_obstruction(state, np.full((1, num), 50.0), generator)
    measured = np.corrcoef(state.los[0, :, 0], moved.los[0, :, 0])[0, 1]
    assert measured == pytest.approx(np.exp(-1.0), abs=0.02)
    changed = np.mean(model.propagation(vehicle_m, moved).is_los != before)
    assert 0.1 < changed < 0.5


def test_grid_line_of_sight_follows_from_geometry_alone() -> None:
    model = SiteModel(GRID, SITES_M)
    vehicle_m = np.array([[[434.75, 900.0], [460.0, 300.0]]])
    state = model.initial_obstruction(np.random.default_rng(7), 1, 2)
    assert model.propagation(vehicle_m, state).is_los.tolist() == [[[True, False, True], [False, False, False]]]
