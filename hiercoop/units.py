"""The only place where decibels and linear values meet."""

from __future__ import annotations

import math
from typing import overload

import numpy as np
from numpy.typing import NDArray

SPEED_OF_LIGHT_MPS = 299_792_458.0
"""Speed of light in vacuum [m/s], SI definition."""

BITS_PER_BYTE = 8


@overload
def db_to_linear(value_db: float) -> float: ...
@overload
def db_to_linear(value_db: NDArray[np.floating]) -> NDArray[np.floating]: ...
def db_to_linear(value_db: float | NDArray[np.floating]) -> float | NDArray[np.floating]:
    """Power ratio of a value in dB, any shape: 10^(x/10)."""
    return 10.0 ** (value_db / 10.0)


def dbm_to_w(value_dbm: float) -> float:
    """Watts of a power in dBm."""
    return float(10.0 ** ((value_dbm - 30.0) / 10.0))


def w_to_dbm(value_w: float) -> float:
    """A power in dBm; ValueError for none at all, which has no decibels."""
    return 10.0 * math.log10(value_w) + 30.0


def linear_to_db(value: float) -> float:
    """A power ratio in dB; ValueError unless above zero."""
    return 10.0 * math.log10(value)
