"""Mean loss of a path: macro, WINNER+ B1 on a Manhattan grid, UMi street canyon on real roads.

Distances are ground distances in metres; those under 3 m count as 3 m (TR 36.885 A.1.4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiercoop.units import SPEED_OF_LIGHT_MPS

MIN_DISTANCE_M = 3.0
"""TR 36.885 A.1.4: the path loss at 3 m is used where the distance is less."""
EFFECTIVE_ENVIRONMENT_HEIGHT_M = 1.0
"""Subtracted from both antenna heights in the breakpoint: WINNER+ D5.3 Table 4-1, TR 38.901 Table 7.4.1-1 note 1."""
LOS_HALF_WIDTH_M = 7.0
"""Half the width of a street of 2 x 2 lanes of 3.5 m: closer than this to a street's axis is in it."""

Distance = float | NDArray[np.floating]


def macro_path_loss_db(distance_m: Distance) -> Distance:
    """Path loss to a macro base station [dB]: 128.1 + 37.6 log10(d / 1 km), any shape. TR 36.885 A.1.4."""
    return 128.1 + 37.6 * np.log10(np.maximum(distance_m, MIN_DISTANCE_M) / 1000.0)


def winner_b1_is_los(dx_m: Distance, dy_m: Distance) -> NDArray[np.bool_] | np.bool_:
    """True where vehicle and site share a street: min(|dx|, |dy|) < 7 m, any shape."""
    return np.minimum(np.abs(dx_m), np.abs(dy_m)) < LOS_HALF_WIDTH_M


def winner_b1_path_loss_db(
    dx_m: Distance, dy_m: Distance, carrier_hz: float, height_bs_m: float, height_ms_m: float
) -> Distance:
    """Path loss on a Manhattan grid [dB], LOS or NLOS by geometry, any shape. WINNER+ D5.3 Table 4-1, B1.

    NLOS is the smaller of the two ways round the corner. Heights must exceed 1 m, the effective environment height.
    """
    dx_m, dy_m = np.abs(dx_m), np.abs(dy_m)
    link = (carrier_hz, height_bs_m, height_ms_m)
    los_db = _winner_b1_los_db(np.hypot(dx_m, dy_m), *link)
    nlos_db = np.minimum(_winner_b1_corner_db(dx_m, dy_m, *link), _winner_b1_corner_db(dy_m, dx_m, *link))
    loss_db: NDArray[np.floating] = np.where(winner_b1_is_los(dx_m, dy_m), los_db, nlos_db)
    return loss_db[()]


def winner_b1_los_path_loss_db(distance_m: Distance, carrier_hz: float, height_bs_m: float, height_ms_m: float) -> Distance:
    """Path loss along a street [dB], any shape. WINNER+ D5.3 Table 4-1, B1 LOS."""
    return _winner_b1_los_db(distance_m, carrier_hz, height_bs_m, height_ms_m)


def umi_street_canyon_path_loss_db(
    distance_m: Distance,
    is_los: NDArray[np.bool_] | bool,
    carrier_hz: float,
    height_bs_m: float,
    height_ms_m: float,
) -> Distance:
    """Path loss of an urban micro cell [dB] at a ground distance, any shape. TR 38.901 Table 7.4.1-1, UMi street canyon.

    Slant distances follow from the heights, which must exceed 1 m; the breakpoint is compared with the ground distance.
    """
    ground_m = np.maximum(distance_m, MIN_DISTANCE_M)
    log_slant = np.log10(np.hypot(ground_m, height_bs_m - height_ms_m))
    carrier_ghz = carrier_hz / 1e9
    breakpoint_m = breakpoint_distance_m(carrier_hz, height_bs_m, height_ms_m)
    near_db = 32.4 + 21.0 * log_slant + 20.0 * np.log10(carrier_ghz)
    far_db = (
        32.4
        + 40.0 * log_slant
        + 20.0 * np.log10(carrier_ghz)
        - 9.5 * np.log10(breakpoint_m**2 + (height_bs_m - height_ms_m) ** 2)
    )
    los_db = np.where(ground_m <= breakpoint_m, near_db, far_db)
    nlos_db = 35.3 * log_slant + 22.4 + 21.3 * np.log10(carrier_ghz) - 0.3 * (height_ms_m - 1.5)
    loss_db: NDArray[np.floating] = np.where(is_los, los_db, np.maximum(los_db, nlos_db))
    return loss_db[()]


def umi_los_prob(distance_m: Distance) -> Distance:
    """Probability of line of sight in an urban micro cell at a ground distance, any shape. TR 38.901 Table 7.4.2-1."""
    ground_m = np.maximum(distance_m, 18.0)
    return 18.0 / ground_m + np.exp(-ground_m / 36.0) * (1.0 - 18.0 / ground_m)


def breakpoint_distance_m(carrier_hz: float, height_bs_m: float, height_ms_m: float) -> float:
    """Distance from which the ground reflection bends the path loss [m]: 4 h'_BS h'_MS f / c, effective heights h - 1 m."""
    effective_bs_m = height_bs_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
    effective_ms_m = height_ms_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
    return 4.0 * effective_bs_m * effective_ms_m * carrier_hz / SPEED_OF_LIGHT_MPS


def _winner_b1_los_db(distance_m: Distance, carrier_hz: float, height_bs_m: float, height_ms_m: float) -> NDArray[np.floating]:
    log_distance = np.log10(np.maximum(distance_m, MIN_DISTANCE_M))
    log_carrier_ghz = np.log10(carrier_hz / 1e9)
    near_db = 22.7 * log_distance + 27.0 + 20.0 * log_carrier_ghz
    far_db = (
        40.0 * log_distance
        + 7.56
        - 17.3 * np.log10(height_bs_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M)
        - 17.3 * np.log10(height_ms_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M)
        + 2.7 * log_carrier_ghz
    )
    is_near = log_distance < np.log10(breakpoint_distance_m(carrier_hz, height_bs_m, height_ms_m))
    return np.where(is_near, near_db, far_db)


def _winner_b1_corner_db(
    first_m: Distance, second_m: Distance, carrier_hz: float, height_bs_m: float, height_ms_m: float
) -> NDArray[np.floating]:
    """Loss along `first_m` of the site's street, round the corner and along `second_m` of the vehicle's."""
    first_m, second_m = np.maximum(first_m, MIN_DISTANCE_M), np.maximum(second_m, MIN_DISTANCE_M)
    exponent = np.maximum(2.8 - 0.0024 * first_m, 1.84)
    turn_db = 17.9 - 12.5 * exponent + 10.0 * exponent * np.log10(second_m) + 3.0 * np.log10(carrier_hz / 1e9)
    return _winner_b1_los_db(first_m, carrier_hz, height_bs_m, height_ms_m) + turn_db
