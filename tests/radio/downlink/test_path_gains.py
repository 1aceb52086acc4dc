"""Small-scale gains: distribution, memory, and a power that stays."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import j0

from hiercoop.config.semantic import DownlinkRadioConfig
from hiercoop.radio.downlink.normal_draws import complex_normal
from hiercoop.radio.downlink.path_gains import PathGains, path_correlation

SHAPE = (200, 7, 7)


def gains_of(radio: DownlinkRadioConfig, seed: int = 1) -> PathGains:
    return PathGains(radio, np.random.default_rng(seed), SHAPE)


def test_drawn_parts_follow_the_normal_distribution() -> None:
    drawn = complex_normal(np.random.default_rng(2), (100_001,))
    for part in (drawn.real, drawn.imag):
        assert stats.kstest(part * np.sqrt(2.0), "norm").pvalue > 0.01
    assert np.mean(np.abs(drawn) ** 2) == pytest.approx(1.0, abs=0.02)
    assert abs(np.corrcoef(drawn.real, drawn.imag)[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn.real[1:], drawn.real[:-1])[0, 1]) < 0.02


def test_correlation_is_the_published_one() -> None:
    assert path_correlation(DownlinkRadioConfig()) == pytest.approx(0.6425, abs=1e-4)
    radio = DownlinkRadioConfig(doppler_hz=66.7)
    assert path_correlation(radio) == pytest.approx(j0(2 * np.pi * 66.7 * 0.02), abs=1e-9)


def test_power_of_all_paths_together_is_one_and_stays() -> None:
    paths = gains_of(DownlinkRadioConfig())
    for _ in range(30):
        power = (np.abs(paths.gain) ** 2).sum(axis=-1)
        assert power.mean() == pytest.approx(1.0, abs=0.04)
        paths.advance()


def test_gains_remember_the_last_slot_by_j0() -> None:
    paths = gains_of(DownlinkRadioConfig())
    first, rho = paths.gain.copy(), j0(2 * np.pi * 10.0 * 0.02)
    for lag in range(1, 5):
        paths.advance()
        kept = np.real(np.vdot(first, paths.gain)) / np.real(np.vdot(first, first))
        assert kept == pytest.approx(rho**lag, abs=0.02)


def test_paths_users_and_cells_fade_independently() -> None:
    gain = gains_of(DownlinkRadioConfig()).gain
    for one, other in ((gain[:, :-1], gain[:, 1:]), (gain[:, :, :-1], gain[:, :, 1:]), (gain[..., :-1], gain[..., 1:])):
        assert abs(np.vdot(one, other)) / np.vdot(one, one).real < 0.02


def test_other_users_have_other_gains() -> None:
    paths = gains_of(DownlinkRadioConfig(doppler_hz=0.0))
    before = paths.gain.copy()
    paths.advance()
    np.testing.assert_allclose(paths.gain, before, rtol=1e-6)
    paths.reset()
    assert abs(np.vdot(before, paths.gain)) / np.vdot(before, before).real < 0.02
