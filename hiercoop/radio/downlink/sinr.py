"""Power, interference and SINR at the users of a downlink that all cells share.

User i is served by link i; links are numbered cell by cell. Interference is a sum over the other links, never a total minus the
own one, which would cancel where the own power dominates. Environments are the last axis in memory.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex64, Float, Float32


def link_gain(
    path_gain: Complex64[np.ndarray, "env user cell path"],
    response: Complex64[np.ndarray, "env user link path"],
    large_scale: Float32[np.ndarray, "env user cell"],
) -> Float32[np.ndarray, "env user link"]:
    """Power gain from every link's beam to every user, linear: large-scale gain times |sum over paths of g a . w|^2.

    `response` is a . w of each path for the beam of each link.
    """
    num_envs, num_users, num_cells, num_paths = path_gain.shape
    per_cell = response.shape[2] // num_cells
    # [path, user, cell, user of the cell, env]
    spread = response.transpose(3, 1, 2, 0).reshape(num_paths, num_users, num_cells, per_cell, num_envs)
    amplitude = (path_gain.transpose(3, 1, 2, 0)[:, :, :, None] * spread).sum(axis=0)
    power = amplitude.real**2 + amplitude.imag**2
    power *= large_scale.transpose(1, 2, 0)[:, :, None]
    gain: Float32[np.ndarray, "user link env"] = power.reshape(num_users, -1, num_envs)
    return gain.transpose(2, 0, 1)


def received_power_w(
    gain: Float32[np.ndarray, "env user link"], tx_power_w: Float[np.ndarray, "env link"]
) -> tuple[Float32[np.ndarray, "env user"], Float32[np.ndarray, "env user"]]:
    """What every user gets of its own link, and of all others together [W]."""
    received_w = gain.transpose(1, 2, 0) * tx_power_w.T.astype(np.float32, copy=False)  # [user, link, env]
    users = np.arange(gain.shape[1])
    own_w = received_w[users, users]
    received_w[users, users] = 0.0
    others_w: Float32[np.ndarray, "user env"] = received_w.sum(axis=1)
    return own_w.T, others_w.T


def downlink_sinr(
    gain: Float32[np.ndarray, "env user link"], tx_power_w: Float[np.ndarray, "env link"], noise_w: float
) -> Float32[np.ndarray, "env user"]:
    """SINR of every user, linear: own power over noise and all other links' power; zero where its link is silent."""
    own_w, others_w = received_power_w(gain, tx_power_w)
    sinr: Float32[np.ndarray, "env user"] = own_w / (others_w + np.float32(noise_w))
    return sinr
