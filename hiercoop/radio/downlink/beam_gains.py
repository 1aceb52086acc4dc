"""What users get of beams: those that links use, and all beams of the own cell. Environments are the last axis in memory."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex64, Float32, Int


def link_response(
    response: Complex64[np.ndarray, "env user cell path beam"], beam: Int[np.ndarray, "env cell cell_user"]
) -> Complex64[np.ndarray, "env user link path"]:
    """Amplitude and phase of every path to every user for the beam that each link has chosen; links count cell by cell."""
    by_beam = response.transpose(4, 3, 1, 2, 0)  # [beam, path, user, cell, env]
    _, num_paths, num_users, num_cells, num_envs = by_beam.shape
    path, user, cell, _, env = np.ogrid[:num_paths, :num_users, :num_cells, :1, :num_envs]
    chosen = by_beam[beam.transpose(1, 2, 0), path, user, cell, env]
    links: Complex64[np.ndarray, "path user link env"] = chosen.reshape(num_paths, num_users, -1, num_envs)
    return links.transpose(3, 1, 2, 0)


def own_beam_gain(
    path_gain: Complex64[np.ndarray, "env user cell path"],
    response: Complex64[np.ndarray, "env user cell path beam"],
    large_scale: Float32[np.ndarray, "env user cell"],
) -> Float32[np.ndarray, "env user beam"]:
    """Power gain of every beam of a user's own cell in this slot, linear: what a sweep of the beams measures."""
    own_response, own_large_scale = _own(response, large_scale)
    user, cell = _own_pairs(large_scale.shape)
    own_path_gain = path_gain.transpose(3, 1, 2, 0)[:, user, cell]  # [path, user, env]
    amplitude = (own_response * own_path_gain).sum(axis=1)
    gain: Float32[np.ndarray, "beam user env"] = (amplitude.real**2 + amplitude.imag**2) * own_large_scale
    return gain.transpose(2, 1, 0)


def own_mean_beam_gain(
    response: Complex64[np.ndarray, "env user cell path beam"], large_scale: Float32[np.ndarray, "env user cell"]
) -> Float32[np.ndarray, "env user beam"]:
    """Power gain of every beam of a user's own cell on average over the small-scale gains, linear."""
    own_response, own_large_scale = _own(response, large_scale)
    power = (own_response.real**2 + own_response.imag**2).mean(axis=1)
    gain: Float32[np.ndarray, "beam user env"] = power * own_large_scale
    return gain.transpose(2, 1, 0)


def _own(
    response: Complex64[np.ndarray, "env user cell path beam"], large_scale: Float32[np.ndarray, "env user cell"]
) -> tuple[Complex64[np.ndarray, "beam path user env"], Float32[np.ndarray, "user env"]]:
    user, cell = _own_pairs(large_scale.shape)
    return response.transpose(4, 3, 1, 2, 0)[:, :, user, cell], large_scale.transpose(1, 2, 0)[user, cell]


def _own_pairs(shape: tuple[int, ...]) -> tuple[Int[np.ndarray, "user"], Int[np.ndarray, "user"]]:
    """Every user and its cell, from [env, user, cell]."""
    _, num_users, num_cells = shape
    user = np.arange(num_users)
    return user, user // (num_users // num_cells)
