"""Mean loss of a path: macro, WINNER+ B1 on a Manhattan grid, UMi street canyon on real roads.

Distances are ground distances in metres; those under 3 m count as 3 m (TR 36.885 A.1.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hiercoop.errors import ConfigError
from hiercoop.units import SPEED_OF_LIGHT_MPS

MIN_DISTANCE_M = 3.0
"""TR 36.885 A.1.4: the path loss at 3 m is used where the distance is less."""
EFFECTIVE_ENVIRONMENT_HEIGHT_M = 1.0
"""Subtracted from both antenna heights in the breakpoint: WINNER+ D5.3 Table 4-1, TR 38.901 Table 7.4.1-1 note 1."""
LOS_HALF_WIDTH_M = 7.0
"""Half the width of a street of 2 x 2 lanes of 3.5 m: closer than this to a street's axis is in it."""

Distance = float | int | np.floating | NDArray[np.floating] | NDArray[np.integer]
Floats = np.floating | NDArray[np.floating]


def macro_path_loss_db(distance_m: Distance) -> Distance:
    """Path loss to a macro base station [dB]: 128.1 + 37.6 log10(d / 1 km), any shape. TR 36.885 A.1.4."""
    loss_db: Distance = 128.1 + 37.6 * np.log10(np.maximum(distance_m, MIN_DISTANCE_M) / 1000.0)
    return loss_db


def winner_b1_is_los(dx_m: Distance, dy_m: Distance) -> NDArray[np.bool_]:
    """True where vehicle and site share a street: min(|dx|, |dy|) < 7 m, any shape."""
    return np.asarray(np.minimum(np.abs(dx_m), np.abs(dy_m)) < LOS_HALF_WIDTH_M)


def winner_b1_path_loss_db(
    dx_m: Distance, dy_m: Distance, carrier_hz: float | int, height_bs_m: float | int, height_ms_m: float | int
) -> Distance:
    """Path loss on a Manhattan grid [dB], LOS or NLOS by geometry, any shape. WINNER+ D5.3 Table 4-1, B1.

    NLOS is the smaller of the two ways round the corner. ConfigError for an antenna at or below the 1 m that the effective
    environment is high.
    """
    link = _MicroLink(carrier_hz, height_bs_m, height_ms_m)
    los_db = link.street_db(np.log10(np.maximum(np.hypot(dx_m, dy_m), MIN_DISTANCE_M)))
    leg_x_m, leg_y_m = np.maximum(np.abs(dx_m), MIN_DISTANCE_M), np.maximum(np.abs(dy_m), MIN_DISTANCE_M)
    log_x, log_y = np.log10(leg_x_m), np.log10(leg_y_m)
    nlos_db = np.minimum(link.corner_db(leg_x_m, log_x, log_y), link.corner_db(leg_y_m, log_y, log_x))
    loss_db: Distance = np.where(winner_b1_is_los(dx_m, dy_m), los_db, nlos_db)[()]
    return loss_db


def umi_street_canyon_path_loss_db(
    distance_m: Distance,
    is_los: NDArray[np.bool_] | np.bool_ | bool,
    carrier_hz: float | int,
    height_bs_m: float | int,
    height_ms_m: float | int,
) -> Distance:
    """Path loss of an urban micro cell [dB] at a ground distance, any shape. TR 38.901 Table 7.4.1-1, UMi street canyon.

    Slant distances follow from the heights, which must exceed 1 m; the breakpoint is compared with the ground distance.
    """
    ground_m = np.maximum(distance_m, MIN_DISTANCE_M)
    log_slant = np.log10(np.hypot(ground_m, height_bs_m - height_ms_m))
    log_carrier_ghz = math.log10(carrier_hz / 1e9)
    breakpoint_m = breakpoint_distance_m(carrier_hz, height_bs_m, height_ms_m)
    breakpoint_db = 9.5 * math.log10(breakpoint_m**2 + (height_bs_m - height_ms_m) ** 2)
    near_db = 32.4 + 21.0 * log_slant + 20.0 * log_carrier_ghz
    far_db = 32.4 + 40.0 * log_slant + 20.0 * log_carrier_ghz - breakpoint_db
    los_db = np.where(ground_m <= breakpoint_m, near_db, far_db)
    nlos_db = 35.3 * log_slant + 22.4 + 21.3 * log_carrier_ghz - 0.3 * (height_ms_m - 1.5)
    loss_db: Distance = np.where(is_los, los_db, np.maximum(los_db, nlos_db))[()]
    return loss_db


def umi_los_prob(distance_m: Distance) -> Distance:
    """Probability of line of sight in an urban micro cell at a ground distance, any shape. TR 38.901 Table 7.4.2-1."""
    ground_m = np.maximum(distance_m, 18.0)
    los_prob: Distance = 18.0 / ground_m + np.exp(-ground_m / 36.0) * (1.0 - 18.0 / ground_m)
    return los_prob


def breakpoint_distance_m(carrier_hz: float | int, height_bs_m: float | int, height_ms_m: float | int) -> float:
    """Distance from which the ground reflection bends the path loss [m]: 4 h'_BS h'_MS f / c, effective heights h - 1 m.

    ConfigError for an antenna at or below the 1 m that the effective environment is high.
    """
    effective_bs_m = height_bs_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
    effective_ms_m = height_ms_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
    if min(effective_bs_m, effective_ms_m) <= 0.0:
        raise ConfigError(f"antenna heights {height_bs_m:g} m and {height_ms_m:g} m must exceed 1 m; raise the lower one")
    return 4.0 * effective_bs_m * effective_ms_m * carrier_hz / SPEED_OF_LIGHT_MPS


class _MicroLink:
    """WINNER+ B1 between two antennas (D5.3 Table 4-1); takes log10 of distances, which both directions share."""

    def __init__(self, carrier_hz: float, height_bs_m: float, height_ms_m: float) -> None:
        self._log_carrier_ghz = math.log10(carrier_hz / 1e9)
        self._log_breakpoint = math.log10(breakpoint_distance_m(carrier_hz, height_bs_m, height_ms_m))
        effective_bs_m = height_bs_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
        effective_ms_m = height_ms_m - EFFECTIVE_ENVIRONMENT_HEIGHT_M
        self._heights_db = 17.3 * math.log10(effective_bs_m) + 17.3 * math.log10(effective_ms_m)

    def street_db(self, log_distance: Floats) -> NDArray[np.floating]:
        """Loss along a street, in line of sight."""
        near_db = 22.7 * log_distance + (27.0 + 20.0 * self._log_carrier_ghz)
        far_db = 40.0 * log_distance + (7.56 - self._heights_db + 2.7 * self._log_carrier_ghz)
        return np.where(log_distance < self._log_breakpoint, near_db, far_db)

    def corner_db(self, first_m: Floats, log_first: Floats, log_second: Floats) -> Floats:
        """Loss along the site's street for `first_m`, round the corner and along the vehicle's street."""
        exponent = np.maximum(2.8 - 0.0024 * first_m, 1.84)
        turn_db = (17.9 + 3.0 * self._log_carrier_ghz) - 12.5 * exponent + 10.0 * exponent * log_second
        loss_db: Floats = self.street_db(log_first) + turn_db
        return loss_db
