"""A uniform linear array, half a wavelength between its elements, seen from far away."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex64, Float32


def array_response(azimuth_rad: Float32[np.ndarray, "*path"], num_antennas: int) -> Complex64[np.ndarray, "antenna *path"]:
    """Phases with which paths in these directions leave the elements: exp(j pi n cos(azimuth)), the array along the x axis.

    Every element has magnitude 1, so that a unit-norm beam on the path gains a factor of `num_antennas` in power.
    """
    turn_rad = np.float32(np.pi) * np.cos(azimuth_rad)
    next_element = np.cos(turn_rad) + np.complex64(1j) * np.sin(turn_rad)
    response = np.ones((num_antennas, *azimuth_rad.shape), np.complex64)
    for antenna in range(1, num_antennas):
        np.multiply(response[antenna - 1], next_element, out=response[antenna])
    return response


def beam_response(
    azimuth_rad: Float32[np.ndarray, "*path"], codebook: Complex64[np.ndarray, "beam antenna"]
) -> Complex64[np.ndarray, "beam *path"]:
    """Amplitude and phase with which each beam leaves in each direction: a(azimuth) . w."""
    response = array_response(azimuth_rad, codebook.shape[1])
    beams: Complex64[np.ndarray, "beam *path"] = np.tensordot(codebook, response, 1)
    return beams
