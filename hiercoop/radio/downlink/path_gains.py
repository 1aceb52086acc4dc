"""Small-scale gains of the paths between base stations and users, over time."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex64

from hiercoop.config.semantic import DownlinkRadioConfig
from hiercoop.radio.doppler import bessel_j0
from hiercoop.radio.downlink.normal_draws import complex_normal


def path_correlation(radio: DownlinkRadioConfig) -> float:
    """Correlation of a path's gain from one slot to the next: rho = J0(2 pi f_d tau); 0.64 for 10 Hz and 20 ms."""
    turn_rad = 2.0 * np.pi * radio.doppler_hz * radio.slot_duration_s
    return float(bessel_j0(np.array([turn_rad]))[0])


class PathGains:
    """Gauss-Markov gains g' = rho g + sqrt(1 - rho^2) e of every path; all paths of a pair together have mean power 1.

    The innovation e has the power of g itself: 1 / num_paths a path. Published code gives it power 1 instead, and its
    channels grow by 6 dB in the first slots.
    """

    def __init__(self, radio: DownlinkRadioConfig, generator: np.random.Generator, shape: tuple[int, int, int]) -> None:
        num_envs, num_users, num_cells = shape
        rho = path_correlation(radio)
        self._generator = generator
        self._memory_shape = (radio.num_paths, num_users, num_cells, num_envs)
        self._deviation = np.float32(1.0 / np.sqrt(radio.num_paths))
        self._kept = np.float32(rho)
        self._fresh = np.float32(np.sqrt((1.0 - rho**2) / radio.num_paths))
        self._gain = self._deviation * complex_normal(generator, self._memory_shape)

    @property
    def gain(self) -> Complex64[np.ndarray, "env user cell path"]:
        """Gains of the slot in hand; environments are the last axis in memory."""
        return self._gain.transpose(3, 1, 2, 0)

    def reset(self) -> None:
        """Other users: all gains anew."""
        self._gain = self._deviation * complex_normal(self._generator, self._memory_shape)

    def advance(self) -> None:
        """One slot later."""
        innovation = complex_normal(self._generator, self._memory_shape)
        innovation *= self._fresh
        self._gain *= self._kept
        self._gain += innovation
