"""Rate, requirements and quality of experience."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hiercoop.config.semantic import RequirementsConfig
from hiercoop.traffic.semantic.quality import quality_of_experience
from hiercoop.traffic.semantic.rate import semantic_rate_ksutps
from hiercoop.traffic.semantic.requirements import Requirements, draw_requirements


def requirements(weight: float, rate: float, accuracy: float, rate_slope: float, accuracy_slope: float) -> Requirements:
    return Requirements(*(np.float32([value]) for value in (weight, rate, accuracy, rate_slope, accuracy_slope)))


@pytest.mark.parametrize(("num_symbols", "rate_ksutps"), [(1, 720.0), (8, 90.0), (12, 60.0), (20, 36.0)])
def test_the_rate_is_the_published_one(num_symbols: int, rate_ksutps: float) -> None:
    assert semantic_rate_ksutps(np.array([num_symbols]), 180e3, 4.0) == pytest.approx(rate_ksutps)


def test_rate_and_requirement_are_in_the_same_unit() -> None:
    wanted = requirements(1.0, 60.0, 0.85, 0.2, 55.0)
    reached = [
        float(quality_of_experience(semantic_rate_ksutps(np.array([k]), 180e3, 4.0), np.float32([0.9]), wanted).rate[0])
        for k in (10, 12, 20)
    ]
    assert reached == pytest.approx([1 / (1 + math.exp(-0.2 * 12)), 0.5, 1 / (1 + math.exp(0.2 * 24))], rel=1e-5)


@given(st.floats(0, 1), st.floats(0, 720), st.floats(0, 1), st.floats(50, 70), st.floats(0.8, 0.9))
def test_quality_is_that_of_a_scalar_re_implementation(
    weight: float, rate: float, accuracy: float, rate_required: float, accuracy_required: float
) -> None:
    found = quality_of_experience(
        np.float32([rate]), np.float32([accuracy]), requirements(weight, rate_required, accuracy_required, 0.2, 55.0)
    )
    rate_part = weight / (1.0 + math.exp(0.2 * (rate_required - rate)))
    accuracy_part = (1.0 - weight) / (1.0 + math.exp(55.0 * (accuracy_required - accuracy)))
    assert found.rate[0] == pytest.approx(rate_part, abs=1e-5)
    assert found.accuracy[0] == pytest.approx(accuracy_part, abs=1e-5)
    assert found.total[0] == pytest.approx(rate_part + accuracy_part, abs=1e-5)
    assert -1e-6 <= found.total[0] <= 1.0 + 1e-6


def test_extreme_slopes_neither_overflow_nor_leave_0_and_1() -> None:
    wanted = requirements(0.5, 1e4, 1.0, 100.0, 1e4)
    assert quality_of_experience(np.float32([0.0]), np.float32([0.0]), wanted).total[0] == 0.0


def test_requirements_are_drawn_as_published() -> None:
    drawn = draw_requirements(RequirementsConfig(), np.random.default_rng(1), (20_000,))
    for value, low, high in ((drawn.weight, 0, 1), (drawn.rate_ksutps, 50, 70), (drawn.accuracy, 0.8, 0.9)):
        assert stats.kstest(value, "uniform", args=(low, high - low)).pvalue > 0.01
    for value, mean, deviation in ((drawn.rate_slope, 0.2, 0.05), (drawn.accuracy_slope, 55.0, 2.5)):
        assert stats.kstest(value, "norm", args=(mean, deviation)).pvalue > 0.01


def test_no_slope_turns_a_preference_round() -> None:
    config = RequirementsConfig(rate_slope_deviation=10.0)
    drawn = draw_requirements(config, np.random.default_rng(2), (1000,))
    assert drawn.rate_slope.min() == pytest.approx(0.02)
