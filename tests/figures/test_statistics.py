"""Intervals against scipy and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from hiercoop.figures.statistics import t_975, t_interval


@pytest.mark.parametrize("degrees", [*range(1, 40), 100, 500, 10_000])
def test_the_t_distribution_is_scipys(degrees):
    assert t_975(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=2e-4)


def test_no_degree_of_freedom_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        t_975(0)


def test_the_interval_of_five_seeds_is_wider_than_the_normal_one():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    found = t_interval(values)
    half = 2.7764 * math.sqrt(2.5) / math.sqrt(5.0)
    assert (found.n, found.mean) == (5, 3.0)
    assert found.lo == pytest.approx(3.0 - half, abs=1e-4)
    assert found.hi == pytest.approx(3.0 + half, abs=1e-4)


def test_one_value_has_no_interval_and_none_no_estimate():
    assert math.isnan(t_interval(np.array([2.0])).lo)
    assert t_interval(np.array([math.nan])) is None
    assert t_interval(np.array([math.nan, 1.0, 3.0])).n == 2
