"""Path loss against published values, continuity, and a scalar re-implementation of the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.errors import ConfigError
from hiercoop.radio.path_loss import (
    breakpoint_distance_m,
    macro_path_loss_db,
    umi_los_prob,
    umi_street_canyon_path_loss_db,
    winner_b1_is_los,
    winner_b1_path_loss_db,
)

SBS = (2e9, 6.0, 1.5)
offsets = st.floats(-1300.0, 1300.0)
carriers = st.floats(0.45e9, 6e9)
bs_heights = st.floats(1.5, 30.0)
ms_heights = st.floats(1.2, 5.0)


def b1_los_db(distance_m: float, carrier_hz: float, bs_m: float, ms_m: float) -> float:
    distance_m, carrier_ghz = max(distance_m, 3.0), carrier_hz / 1e9
    if distance_m < 4 * (bs_m - 1) * (ms_m - 1) * carrier_hz / 299_792_458:
        return 22.7 * math.log10(distance_m) + 27.0 + 20 * math.log10(carrier_ghz)
    heights_db = 17.3 * math.log10(bs_m - 1) + 17.3 * math.log10(ms_m - 1)
    return 40 * math.log10(distance_m) + 7.56 - heights_db + 2.7 * math.log10(carrier_ghz)


def b1_db(dx_m: float, dy_m: float, carrier_hz: float, bs_m: float, ms_m: float) -> float:
    dx_m, dy_m = abs(dx_m), abs(dy_m)
    if min(dx_m, dy_m) < 7.0:
        return b1_los_db(math.sqrt(dx_m**2 + dy_m**2), carrier_hz, bs_m, ms_m)

    def corner(first_m: float, second_m: float) -> float:
        n = max(2.8 - 0.0024 * first_m, 1.84)
        around_db = 17.9 - 12.5 * n + 10 * n * math.log10(second_m) + 3 * math.log10(carrier_hz / 1e9)
        return b1_los_db(first_m, carrier_hz, bs_m, ms_m) + around_db

    return min(corner(dx_m, dy_m), corner(dy_m, dx_m))


def umi_db(distance_m: float, is_los: bool, carrier_hz: float, bs_m: float, ms_m: float) -> float:
    distance_m, carrier_ghz = max(distance_m, 3.0), carrier_hz / 1e9
    slant_m = math.sqrt(distance_m**2 + (bs_m - ms_m) ** 2)
    breakpoint_m = 4 * (bs_m - 1) * (ms_m - 1) * carrier_hz / 299_792_458
    if distance_m <= breakpoint_m:
        los_db = 32.4 + 21 * math.log10(slant_m) + 20 * math.log10(carrier_ghz)
    else:
        bend_db = 9.5 * math.log10(breakpoint_m**2 + (bs_m - ms_m) ** 2)
        los_db = 32.4 + 40 * math.log10(slant_m) + 20 * math.log10(carrier_ghz) - bend_db
    if is_los:
        return los_db
    return max(los_db, 35.3 * math.log10(slant_m) + 22.4 + 21.3 * math.log10(carrier_ghz) - 0.3 * (ms_m - 1.5))


@pytest.mark.parametrize(("distance_m", "loss_db"), [(1000.0, 128.1), (100.0, 90.5), (10_000.0, 165.7)])
def test_macro_path_loss_has_the_published_values(distance_m: float, loss_db: float) -> None:
    assert macro_path_loss_db(distance_m) == pytest.approx(loss_db, abs=1e-9)


def test_macro_path_loss_takes_any_shape_and_counts_less_than_3_m_as_3_m() -> None:
    loss_db = np.asarray(macro_path_loss_db(np.array([[0.0, 3.0], [1000.0, 1000.0]])))
    assert loss_db.shape == (2, 2)
    assert loss_db[0, 0] == loss_db[0, 1] == pytest.approx(128.1 + 37.6 * math.log10(0.003))


@pytest.mark.parametrize(
    ("dx_m", "dy_m", "loss_db"),
    [
        (50.0, 0.0, 71.587),  # before the breakpoint at 66.7 m: 22.7 x 1.69897 + 27 + 6.0206
        (0.0, 100.0, 81.489),  # behind it: 80 + 7.56 - 12.0922 + 5.2079 + 0.8128
        (100.0, 50.0, 110.490),  # the way that starts with 50 m: 71.587 + 17.9 - 33.5 + 53.6 + 0.9031
    ],
)
def test_winner_b1_has_values_computed_by_hand(dx_m: float, dy_m: float, loss_db: float) -> None:
    assert winner_b1_path_loss_db(dx_m, dy_m, *SBS) == pytest.approx(loss_db, abs=1e-3)


@given(offsets, offsets, carriers, bs_heights, ms_heights)
def test_winner_b1_equals_a_scalar_reimplementation(
    dx_m: float, dy_m: float, carrier_hz: float, bs_m: float, ms_m: float
) -> None:
    expected_db = b1_db(dx_m, dy_m, carrier_hz, bs_m, ms_m)
    assert winner_b1_path_loss_db(dx_m, dy_m, carrier_hz, bs_m, ms_m) == pytest.approx(expected_db, abs=1e-6)


@given(carriers, bs_heights, ms_heights)
def test_winner_b1_is_continuous_at_its_breakpoint(carrier_hz: float, bs_m: float, ms_m: float) -> None:
    breakpoint_m = max(breakpoint_distance_m(carrier_hz, bs_m, ms_m), 3.01)
    before, behind = (
        float(winner_b1_path_loss_db(breakpoint_m * factor, 0.0, carrier_hz, bs_m, ms_m)) for factor in (1 - 1e-9, 1 + 1e-9)
    )
    assert behind == pytest.approx(before, abs=0.03)  # the published constants are rounded to 0.01 and 0.1 dB


def test_winner_b1_is_line_of_sight_within_7_m_of_a_street_axis() -> None:
    is_los = winner_b1_is_los(np.array([6.99, 7.0, 300.0, 300.0]), np.array([200.0, 200.0, -6.99, -7.0]))
    assert is_los.tolist() == [True, False, True, False]


@given(st.floats(7.0, 1300.0), st.floats(7.0, 1300.0))
def test_winner_b1_round_the_corner_loses_more_than_either_street_alone(dx_m: float, dy_m: float) -> None:
    corner_db = float(winner_b1_path_loss_db(dx_m, dy_m, *SBS))
    assert corner_db > min(b1_los_db(dx_m, *SBS), b1_los_db(dy_m, *SBS))
    assert corner_db == pytest.approx(float(winner_b1_path_loss_db(dy_m, -dx_m, *SBS)))


def test_winner_b1_keeps_the_precision_and_shape_of_its_input() -> None:
    offsets_m = np.linspace(-600.0, 600.0, 24, dtype=np.float32).reshape(2, 3, 4)
    loss_db = np.asarray(winner_b1_path_loss_db(offsets_m, 30.0 + offsets_m, *SBS))
    exact_db = np.asarray(winner_b1_path_loss_db(offsets_m.astype(np.float64), 30.0 + offsets_m.astype(np.float64), *SBS))
    assert loss_db.dtype == np.float32
    np.testing.assert_allclose(loss_db, exact_db, atol=1e-3)


def test_antennas_within_the_effective_environment_are_refused() -> None:
    with pytest.raises(ConfigError, match="must exceed 1 m"):
        winner_b1_path_loss_db(10.0, 0.0, 2e9, 6.0, 1.0)


@given(st.floats(0.0, 5000.0), st.booleans(), carriers, bs_heights, ms_heights)
def test_umi_equals_a_scalar_reimplementation(
    distance_m: float, is_los: bool, carrier_hz: float, bs_m: float, ms_m: float
) -> None:
    expected_db = umi_db(distance_m, is_los, carrier_hz, bs_m, ms_m)
    assert umi_street_canyon_path_loss_db(distance_m, is_los, carrier_hz, bs_m, ms_m) == pytest.approx(expected_db, abs=1e-6)


def test_umi_has_values_computed_by_hand() -> None:
    # 10 m mast: breakpoint 120.1 m, slant 100.361 m: 32.4 + 21 x 2.00157 + 6.0206, and 35.3 x 2.00157 + 22.4 + 6.4119
    assert umi_street_canyon_path_loss_db(100.0, True, 2e9, 10.0, 1.5) == pytest.approx(80.454, abs=2e-3)
    assert umi_street_canyon_path_loss_db(100.0, False, 2e9, 10.0, 1.5) == pytest.approx(99.467, abs=2e-3)


@given(st.floats(0.0, 5000.0))
def test_umi_without_line_of_sight_never_loses_less(distance_m: float) -> None:
    los_db, nlos_db = (float(umi_street_canyon_path_loss_db(distance_m, is_los, *SBS)) for is_los in (True, False))
    assert nlos_db >= los_db


def test_umi_is_continuous_at_its_breakpoint() -> None:
    breakpoint_m = breakpoint_distance_m(*SBS)
    before_db, behind_db = (
        float(umi_street_canyon_path_loss_db(breakpoint_m * factor, True, *SBS)) for factor in (1 - 1e-9, 1 + 1e-9)
    )
    assert behind_db == pytest.approx(before_db, abs=1e-6)


def test_umi_line_of_sight_is_certain_up_to_18_m_and_fades_as_published() -> None:
    los_prob = np.asarray(umi_los_prob(np.array([0.0, 18.0, 50.0, 200.0])))
    tail = [18 / d + math.exp(-d / 36) * (1 - 18 / d) for d in (50.0, 200.0)]
    np.testing.assert_allclose(los_prob, [1.0, 1.0, *tail], rtol=1e-12)
    assert los_prob[2] == pytest.approx(0.5196, abs=1e-4)
