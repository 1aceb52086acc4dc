"""Jakes fading: a sum of oscillators, one for each direction from which the channel's paths arrive."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Complex64, Complex128, Float, Float32

from hiercoop.config.radio import RadioConfig
from hiercoop.radio.doppler import doppler_hz

NUM_OSCILLATORS = 24
"""Enough for 2 pi f_d tau up to 20: beyond the number of oscillators the sum no longer follows J0 in a single draw."""


class JakesFading:
    """Rayleigh power gains whose autocorrelation is J0(2 pi f_d tau), with f_d from each vehicle's speed.

    Amplitudes are complex Gaussian, so that the power is exactly Exp(1) with any number of oscillators. Arrival angles are
    spread evenly from a random start, one for each link and cell; bands share the angles and have amplitudes of their own.
    """

    def __init__(self, radio: RadioConfig, generator: np.random.Generator, shape: tuple[int, int, int, int]) -> None:
        self._carrier_hz = radio.carrier_hz
        self._slot_duration_s = radio.slot_duration_s
        self._generator = generator
        self._shape = shape
        self._speed_mps: Float[np.ndarray, "env link"] | None = None
        self._amplitude, self._cos_angle, self.phasor = self._fresh()

    @property
    def field(self) -> Complex64[np.ndarray, "link cell band env"]:
        """Complex channel of the present slot, mean power 1."""
        field: Complex64[np.ndarray, "link cell band env"] = np.einsum(
            "nlcme,nlce->lcme", self._amplitude, self.phasor.astype(np.complex64)
        )
        return field

    def reset(self, is_new: Bool[np.ndarray, "env link"] | None = None) -> None:
        """Draw amplitudes and angles anew for the links of other vehicles than before; None: for all."""
        amplitude, cos_angle, phasor = self._fresh()
        if is_new is not None:
            new = is_new.T[:, None, :]  # [link, cell, env]
            amplitude = np.where(new[:, :, None, :], amplitude, self._amplitude)
            cos_angle = np.where(new, cos_angle, self._cos_angle)
            phasor = np.where(new, phasor, self.phasor)
        self._amplitude, self._cos_angle, self.phasor = amplitude, cos_angle, phasor
        self._speed_mps = None

    def advance(self, speed_mps: Float[np.ndarray, "env link"]) -> Float32[np.ndarray, "env link cell band"]:
        """Power gains of the next slot; speeds may differ from slot to slot, as the oscillators turn on from where they are."""
        if self._speed_mps is None or not np.array_equal(speed_mps, self._speed_mps):
            self._speed_mps = speed_mps.copy()
            turn_rad = 2.0 * np.pi * self._slot_duration_s * doppler_hz(speed_mps, self._carrier_hz)
            self._turn = np.exp(1j * turn_rad.T[:, None, :] * self._cos_angle)
        # Double precision, so that turning by rounded steps for millions of slots leaves the length at one.
        self.phasor *= self._turn
        field = self.field
        power: Float32[np.ndarray, "link cell band env"] = field.real**2 + field.imag**2
        return power.transpose(3, 0, 1, 2)

    def _fresh(
        self,
    ) -> tuple[
        Complex64[np.ndarray, "oscillator link cell band env"],
        Float[np.ndarray, "oscillator link cell env"],
        Complex128[np.ndarray, "oscillator link cell env"],
    ]:
        num_envs, num_links, num_cells, num_bands = self._shape
        shape = (NUM_OSCILLATORS, num_links, num_cells, num_bands, num_envs)
        amplitude = complex_normal(self._generator, shape) / np.float32(np.sqrt(NUM_OSCILLATORS))
        start = self._generator.random((num_links, num_cells, num_envs))
        steps = np.arange(NUM_OSCILLATORS)[:, None, None, None]
        cos_angle = np.cos(2.0 * np.pi * (steps + start) / NUM_OSCILLATORS)
        return amplitude, cos_angle, np.ones(cos_angle.shape, dtype=np.complex128)


def complex_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Complex64[np.ndarray, "..."]:
    """Independent circular complex Gaussian draws of mean power 1."""
    parts = generator.standard_normal((*shape, 2), dtype=np.float32)
    parts *= np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]
