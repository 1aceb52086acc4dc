"""Gauss-Markov fading: each slot's channel is a share of the last one's plus something new."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex64, Float, Float32

from hiercoop.config.radio import RadioConfig
from hiercoop.radio.doppler import bessel_j0, doppler_hz
from hiercoop.radio.jakes import complex_normal


class Ar1Fading:
    """Rayleigh power gains of h' = rho h + sqrt(1 - rho^2) w, with rho = J0(2 pi f_d tau) and f_d from each vehicle's speed."""

    def __init__(self, radio: RadioConfig, generator: np.random.Generator, shape: tuple[int, int, int, int]) -> None:
        self._carrier_hz = radio.carrier_hz
        self._slot_duration_s = radio.slot_duration_s
        self._generator = generator
        num_envs, num_links, num_cells, num_bands = shape
        self._memory_shape = (num_links, num_cells, num_bands, num_envs)
        self._speed_mps: Float[np.ndarray, "env link"] | None = None
        self._field = complex_normal(generator, self._memory_shape)

    def reset(self, is_new: Bool[np.ndarray, "env link"] | None = None) -> None:
        """Draw the channel anew for the links of other vehicles than before; None: for all."""
        fresh = complex_normal(self._generator, self._memory_shape)
        self._field = fresh if is_new is None else np.where(is_new.T[:, None, None, :], fresh, self._field)

    def advance(self, speed_mps: Float[np.ndarray, "env link"]) -> Float32[np.ndarray, "env link cell band"]:
        """Power gains of the next slot."""
        if self._speed_mps is None or not np.array_equal(speed_mps, self._speed_mps):
            self._speed_mps = speed_mps.copy()
            turn_rad = 2.0 * np.pi * self._slot_duration_s * doppler_hz(speed_mps, self._carrier_hz)
            rho = bessel_j0(turn_rad.T)[:, None, None, :]  # [link, cell, band, env]
            self._kept = rho.astype(np.float32)
            self._fresh = np.sqrt(1.0 - rho**2).astype(np.float32)
        new: Complex64[np.ndarray, "link cell band env"] = complex_normal(self._generator, self._memory_shape)
        self._field = self._kept * self._field + self._fresh * new
        power: Float32[np.ndarray, "link cell band env"] = self._field.real**2 + self._field.imag**2
        return power.transpose(3, 0, 1, 2)
