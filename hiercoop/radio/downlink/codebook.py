"""Beams that a base station can choose from."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from jaxtyping import Complex64

from hiercoop.config.semantic import DownlinkRadioConfig
from hiercoop.errors import InputFileError

NORM_TOLERANCE = 1e-3
"""A beam may be this far from unit norm: files are written with few digits."""


def make_codebook(radio: DownlinkRadioConfig) -> Complex64[np.ndarray, "beam antenna"]:
    """The codebook that a configuration asks for: DFT beams, or those of its file, with `load_codebook`'s errors."""
    if radio.codebook is None:
        return dft_codebook(radio.num_beams, radio.num_antennas)
    return load_codebook(Path(radio.codebook), radio.num_beams, radio.num_antennas)


def dft_codebook(num_beams: int, num_antennas: int) -> Complex64[np.ndarray, "beam antenna"]:
    """Unit-norm beams of the discrete Fourier transform: beam b points where cos(azimuth) = 2 b / num_beams, modulo 2.

    With as many beams as antennas they are orthogonal.
    """
    turns = np.outer(np.arange(num_beams), np.arange(num_antennas)) / num_beams
    codebook: Complex64[np.ndarray, "beam antenna"] = (np.exp(-2j * np.pi * turns) / np.sqrt(num_antennas)).astype(np.complex64)
    return codebook


def load_codebook(path: Path, num_beams: int, num_antennas: int) -> Complex64[np.ndarray, "beam antenna"]:
    """A codebook from a text file: a line a beam, its complex weights (0.25-0.25j) separated by commas.

    InputFileError for a file that cannot be read, of other dimensions, or with a beam that is not of unit norm.
    """
    try:
        # numpy only warns of a file without any number.
        with warnings.catch_warnings(action="error"):
            codebook = np.loadtxt(path, np.complex128, delimiter=",", ndmin=2)
    except (OSError, ValueError, UserWarning) as error:
        raise InputFileError(f"codebook {path} cannot be read as lines of complex weights like 0.25-0.25j: {error}") from error
    if codebook.shape != (num_beams, num_antennas):
        raise InputFileError(
            f"codebook {path} is {codebook.shape[0]} beams x {codebook.shape[1]} antennas, the scenario has "
            f"{num_beams} x {num_antennas}; set radio.num_beams and radio.num_antennas to the file's"
        )
    if not np.isfinite(codebook).all():
        raise InputFileError(f"codebook {path} holds a weight that is not finite; give complex weights like 0.25-0.25j")
    norms = np.linalg.norm(codebook, axis=1)
    worst = int(np.argmax(np.abs(norms - 1.0)))
    if abs(norms[worst] - 1.0) > NORM_TOLERANCE:
        raise InputFileError(
            f"codebook {path}: beam {worst} has norm {norms[worst]:.4g}, every beam's must be 1; divide its weights by it"
        )
    unit: Complex64[np.ndarray, "beam antenna"] = (codebook / norms[:, None]).astype(np.complex64)
    return unit
