"""Shadowing: variance, decorrelation over distance, sigma by place."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hiercoop.radio.shadowing import (
    advance_shadowing,
    decorrelation_m,
    initial_shadowing,
    normal_cdf,
    shadowing_sigma_db,
)

NUM = 60_000


def test_shadowing_starts_as_a_unit_gaussian() -> None:
    assert stats.kstest(initial_shadowing(np.random.default_rng(1), (NUM,)), "norm").pvalue > 0.01


@pytest.mark.parametrize("moved_m", [1.5, 10.0, 50.0])
def test_shadowing_decorrelates_over_10_m_to_an_sbs_and_50_m_to_the_mbs(moved_m: float) -> None:
    generator = np.random.default_rng(2)
    before = initial_shadowing(generator, (NUM, 3))
    after = advance_shadowing(before, np.full(NUM, moved_m), decorrelation_m(2), generator)
    correlations = [np.corrcoef(before[:, cell], after[:, cell])[0, 1] for cell in range(3)]
    np.testing.assert_allclose(correlations, np.exp(-moved_m / np.array([10.0, 10.0, 50.0])), atol=0.02)
    np.testing.assert_allclose(after.std(axis=0), 1.0, atol=0.02)


def test_many_small_moves_decorrelate_as_one_long_move_and_keep_the_variance() -> None:
    generator = np.random.default_rng(3)
    start = now = initial_shadowing(generator, (NUM, 1))
    for _ in range(20):
        now = advance_shadowing(now, np.full(NUM, 0.5), 10.0, generator)
    assert np.corrcoef(start[:, 0], now[:, 0])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.02)
    assert now.std() == pytest.approx(1.0, abs=0.02)


def test_a_parked_vehicle_keeps_its_shadowing_and_one_from_nowhere_gets_a_new_one() -> None:
    generator = np.random.default_rng(4)
    before = initial_shadowing(generator, (NUM, 2))
    moved_m = np.where(np.arange(NUM) % 2 == 0, 0.0, np.inf)
    after = advance_shadowing(before, moved_m, decorrelation_m(1), generator)
    np.testing.assert_array_equal(after[::2], before[::2])
    assert abs(np.corrcoef(before[1::2, 0], after[1::2, 0])[0, 1]) < 0.03


def test_sigma_is_3_or_4_db_to_an_sbs_and_8_db_to_the_mbs() -> None:
    sigma_db = shadowing_sigma_db(np.array([[True, False, False]]))
    np.testing.assert_array_equal(sigma_db, [[3.0, 4.0, 4.0, 8.0]])


def test_normal_cdf_agrees_with_an_independent_one() -> None:
    values = np.linspace(-6.0, 6.0, 2001)
    np.testing.assert_allclose(normal_cdf(values), stats.norm.cdf(values), atol=1e-7)
