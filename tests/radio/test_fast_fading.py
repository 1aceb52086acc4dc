"""Fast fading: distribution, independence, autocorrelation and what a new vehicle changes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from scipy import stats
from scipy.special import j0

from hiercoop.config.radio import RadioConfig
from hiercoop.radio.doppler import bessel_j0, doppler_hz
from hiercoop.radio.fast_fading import FastFading, make_fast_fading, standard_exponential

Kind = Literal["iid", "jakes", "ar1"]
KINDS: list[Kind] = ["iid", "jakes", "ar1"]
CORRELATED: list[Kind] = ["jakes", "ar1"]
NUM_ENVS, NUM_LINKS = 150, 9


def fading_of(kind: Kind, seed: int = 1, num_envs: int = NUM_ENVS) -> FastFading:
    return make_fast_fading(RadioConfig(fading=kind), np.random.default_rng(seed), num_envs, NUM_LINKS, 4)


def speeds(value_mps: float, num_envs: int = NUM_ENVS) -> np.ndarray:
    return np.full((num_envs, NUM_LINKS), value_mps)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_fast_exponentials_follow_the_exponential_distribution() -> None:
    draws = standard_exponential(np.random.default_rng(7), 1_000_001)
    assert draws.shape == (1_000_001,)
    assert stats.kstest(draws, "expon").pvalue > 0.01
    assert draws.mean() == pytest.approx(1.0, abs=0.005)


def test_fast_exponentials_reach_beyond_15_and_stay_above_zero() -> None:
    generator = np.random.default_rng(8)
    largest = smallest = 1.0
    tail = 0
    for _ in range(20):
        draws = standard_exponential(generator, 2_000_000)
        largest, smallest = max(largest, float(draws.max())), min(smallest, float(draws.min()))
        tail += int(np.count_nonzero(draws > 12.0))
    assert largest > 15.0
    assert 0.0 < smallest < 1e-5
    expected = 40_000_000 * np.exp(-12.0)
    assert tail == pytest.approx(expected, abs=5.0 * np.sqrt(expected))


def test_neighbouring_fast_exponentials_are_independent() -> None:
    draws = standard_exponential(np.random.default_rng(9), 1_000_000)
    for lag in (1, 2, 3):
        assert abs(correlation(draws[lag:], draws[:-lag])) < 0.005


@pytest.mark.parametrize("kind", KINDS)
def test_power_is_exponential_of_mean_one_in_every_slot(kind: Kind) -> None:
    fading = fading_of(kind)
    for _ in range(5):
        power = fading.advance(speeds(15.0))
    assert power.shape == (NUM_ENVS, NUM_LINKS, 4, 4)
    assert power.dtype == np.float32
    assert (power > 0.0).all()
    assert stats.kstest(power.ravel(), "expon").pvalue > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_links_cells_and_bands_fade_independently(kind: Kind) -> None:
    power = fading_of(kind, num_envs=3000).advance(speeds(15.0, 3000))
    limit = 5.0 / np.sqrt(power.size / 2)
    assert abs(correlation(power[:, :-1], power[:, 1:])) < limit
    assert abs(correlation(power[:, :, :-1], power[:, :, 1:])) < limit
    assert abs(correlation(power[..., :-1], power[..., 1:])) < limit


def test_iid_fading_forgets_the_last_slot() -> None:
    fading = fading_of("iid")
    assert abs(correlation(fading.advance(speeds(0.0)), fading.advance(speeds(0.0)))) < 0.02


@pytest.mark.parametrize("speed_mps", [5.0, 15.0, 40.0])
def test_jakes_power_correlates_as_the_square_of_j0_at_lags_1_to_10(speed_mps: float) -> None:
    fading = fading_of("jakes")
    first = fading.advance(speeds(speed_mps))
    for lag in range(1, 11):
        doppler = 2.0 * np.pi * speed_mps * 2e9 / 299_792_458.0 * lag * 1e-3
        later = fading.advance(speeds(speed_mps))
        assert correlation(first, later) == pytest.approx(j0(doppler) ** 2, abs=0.03)


def test_jakes_field_correlates_as_j0_when_averaged_over_time_too() -> None:
    from hiercoop.radio.jakes import JakesFading

    fading = JakesFading(RadioConfig(), np.random.default_rng(3), (60, NUM_LINKS, 4, 4))
    fields = []
    for _ in range(60):
        fading.advance(speeds(15.0, 60))
        fields.append(fading.field)
    series = np.array(fields)
    for lag in range(1, 11):
        measured = np.mean(series[lag:] * series[:-lag].conj())
        assert measured.real == pytest.approx(j0(2.0 * np.pi * 0.1000692 * lag), abs=0.03)
        assert measured.imag == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("speed_mps", [5.0, 15.0])
def test_ar1_power_correlates_as_powers_of_j0(speed_mps: float) -> None:
    fading = fading_of("ar1")
    first = fading.advance(speeds(speed_mps))
    rho = j0(2.0 * np.pi * speed_mps * 2e9 / 299_792_458.0 * 1e-3)
    for lag in range(1, 6):
        assert correlation(first, fading.advance(speeds(speed_mps))) == pytest.approx(rho ** (2 * lag), abs=0.03)


@pytest.mark.parametrize("kind", CORRELATED)
def test_a_parked_vehicle_keeps_its_channel_while_a_driving_one_does_not(kind: Kind) -> None:
    fading = fading_of(kind)
    mixed_mps = speeds(0.0)
    mixed_mps[:, 0] = 30.0
    first = fading.advance(mixed_mps)
    for _ in range(5):
        later = fading.advance(mixed_mps)
    np.testing.assert_allclose(later[:, 1:], first[:, 1:], rtol=1e-4)
    assert correlation(first[:, 0], later[:, 0]) < 0.3


@pytest.mark.parametrize("kind", CORRELATED)
def test_only_links_of_new_vehicles_start_anew(kind: Kind) -> None:
    fading = fading_of(kind)
    first = fading.advance(speeds(0.0))
    is_new = np.zeros((NUM_ENVS, NUM_LINKS), dtype=np.bool_)
    is_new[:, 4] = True
    fading.reset(is_new)
    later = fading.advance(speeds(0.0))
    np.testing.assert_allclose(np.delete(later, 4, axis=1), np.delete(first, 4, axis=1), rtol=1e-5)
    assert abs(correlation(later[:, 4], first[:, 4])) < 0.1
    fading.reset()
    assert abs(correlation(fading.advance(speeds(0.0)), later)) < 0.02


def test_jakes_turns_at_the_speed_of_each_slot() -> None:
    steady, varied = fading_of("jakes", num_envs=2), fading_of("jakes", num_envs=2)
    for _ in range(20):
        steady.advance(speeds(15.0, 2))
    for _ in range(10):
        varied.advance(speeds(10.0, 2))
    for _ in range(10):
        varied.advance(speeds(20.0, 2))
    np.testing.assert_allclose(varied.advance(speeds(0.0, 2)), steady.advance(speeds(0.0, 2)), rtol=1e-3, atol=1e-4)


def test_jakes_power_does_not_drift_over_many_slots() -> None:
    from hiercoop.radio.jakes import JakesFading

    fading = JakesFading(RadioConfig(num_bands=1), np.random.default_rng(4), (1, 1, 1, 1))
    for _ in range(3000):
        fading.advance(np.full((1, 1), 15.0))
    np.testing.assert_allclose(np.abs(fading.phasor), 1.0, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_repeats_and_two_differ(kind: Kind) -> None:
    one, same, other = fading_of(kind, 1), fading_of(kind, 1), fading_of(kind, 2)
    for _ in range(3):
        power = one.advance(speeds(15.0))
        np.testing.assert_array_equal(power, same.advance(speeds(15.0)))
        assert not np.array_equal(power, other.advance(speeds(15.0)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_slot_once_given_is_never_overwritten(kind: Kind) -> None:
    fading = fading_of(kind)
    first = fading.advance(speeds(15.0))
    kept = first.copy()
    fading.advance(speeds(15.0))
    np.testing.assert_array_equal(first, kept)


def test_bessel_j0_agrees_with_an_independent_one() -> None:
    x = np.linspace(-200.0, 200.0, 4001).reshape(1, -1)
    np.testing.assert_allclose(bessel_j0(x), j0(x), atol=1e-12)


def test_doppler_at_15_mps_and_2_ghz_is_100_hz() -> None:
    assert doppler_hz(np.array([15.0]), 2e9)[0] == pytest.approx(100.07, abs=0.01)
