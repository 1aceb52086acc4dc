"""SINR (2) and interference (3) of uplinks that share sub-bands.

Interference is a sum over the other links, written as a product with a zero-diagonal matrix of ones; it is never a total minus
the link's own power, which would cancel where the own power dominates. Inside, environments are the last axis in memory:
numpy's loops are then long, and all environments share one matrix product.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from hiercoop.errors import ConfigError

Scalar = float | int


def uplink_sinr(
    gain: Float[np.ndarray, "env link cell band"],
    cell: Int[np.ndarray, "env link"],
    band: Int[np.ndarray, "env link"],
    active: Bool[np.ndarray, "env link"],
    tx_power_w: Scalar,
    noise_w: Scalar,
) -> Float[np.ndarray, "env link"]:
    """SINR (2) of every link at the cell that receives it, linear; zero where the link is silent.

    Interference (3) counts all other active links on the same sub-band with their received power at that cell, whichever cell
    they are served by.
    """
    _check_in_range(gain.shape, cell, band)
    return received_sinr(band_power_w(gain, band, active, tx_power_w), cell, band, noise_w)


def interference_w(
    gain: Float[np.ndarray, "env link cell band"],
    cell: Int[np.ndarray, "env link"],
    band: Int[np.ndarray, "env link"],
    active: Bool[np.ndarray, "env link"],
    tx_power_w: Scalar,
) -> Float[np.ndarray, "env link"]:
    """Interference (3) that every link meets at its receiving cell and sub-band [W]; for silent links, what they would meet."""
    _check_in_range(gain.shape, cell, band)
    power_w = band_power_w(gain, band, active, tx_power_w)
    others_w = _others_power_w(power_w, _other_links(gain.shape[1]))
    return _entries(others_w, _receiver_positions(gain.shape, cell, band))


def band_power_w(
    gain: Float[np.ndarray, "env link cell band"],
    band: Int[np.ndarray, "env link"],
    active: Bool[np.ndarray, "env link"],
    tx_power_w: Scalar,
) -> Float[np.ndarray, "env link cell band"]:
    """Power that each link puts into every cell's receiver on every band [W]: zero off its own band and where it is silent.

    The result's environments are its last axis in memory, which the other functions of this module take without a copy.
    """
    num_envs, num_links, num_cells, num_bands = gain.shape
    bands = np.arange(num_bands)[:, None]
    sends = (np.ascontiguousarray(band.T)[:, None, :] == bands) & active.T[:, None, :]  # [link, band, env]
    sent_w = np.multiply(sends, tx_power_w, dtype=gain.dtype)
    power_w = np.empty((num_links, num_cells, num_bands, num_envs), dtype=gain.dtype)
    np.multiply(gain.transpose(1, 2, 3, 0), sent_w[:, None], out=power_w)
    return power_w.transpose(3, 0, 1, 2)


def received_sinr(
    power_w: Float[np.ndarray, "env link cell band"],
    cell: Int[np.ndarray, "env link"],
    band: Int[np.ndarray, "env link"],
    noise_w: Scalar,
) -> Float[np.ndarray, "env link"]:
    """SINR (2) of every link from the powers of `band_power_w`, linear; zero where the link is silent.

    For the inner loop: cells and bands must be in range, which `uplink_sinr` checks.
    """
    positions = _receiver_positions(power_w.shape, cell, band)
    others_w = _others_power_w(power_w, _other_links(power_w.shape[1]))
    return _entries(power_w, positions) / (_entries(others_w, positions) + noise_w)


def foreign_interference_w(
    power_w: Float[np.ndarray, "env link cell band"],
) -> Float[np.ndarray, "env sbs 2 band"]:
    """Power on every band from other cells' links, at each cell's own SBS (index 0) and at the MBS (index 1) [W].

    `power_w` comes from `band_power_w`; links are numbered cell by cell and the MBS is the last cell.
    """
    num_envs, num_links, num_cells, num_bands = power_w.shape
    num_sbs = num_cells - 1
    foreign_w = _others_power_w(power_w, _links_of_other_cells(num_sbs, num_links))
    at_sites_w = np.empty((num_sbs, 2, num_bands, num_envs), dtype=power_w.dtype).transpose(3, 0, 1, 2)
    own = np.arange(num_sbs)
    at_sites_w[:, :, 0] = foreign_w[:, own, own]
    at_sites_w[:, :, 1] = foreign_w[:, :, num_sbs]
    return at_sites_w


def _others_power_w(
    power_w: Float[np.ndarray, "env link cell band"], others: Float[np.ndarray, "group link"]
) -> Float[np.ndarray, "env group cell band"]:
    num_envs, num_links, num_cells, num_bands = power_w.shape
    flat_w = power_w.transpose(1, 2, 3, 0).reshape(num_links, -1)  # [link, cell x band x env]
    summed_w = others.astype(power_w.dtype, copy=False) @ flat_w
    tables_w: Float[np.ndarray, "group cell band env"] = summed_w.reshape(-1, num_cells, num_bands, num_envs)
    return tables_w.transpose(3, 0, 1, 2)


def _check_in_range(shape: tuple[int, ...], cell: Int[np.ndarray, "env link"], band: Int[np.ndarray, "env link"]) -> None:
    for name, index, count in (("cell", cell, shape[2]), ("band", band, shape[3])):
        if index.size and not 0 <= index.min() <= index.max() < count:
            raise ConfigError(f"{name} runs from {index.min()} to {index.max()}; give indices in 0..{count - 1}")


def _receiver_positions(
    shape: tuple[int, ...], cell: Int[np.ndarray, "env link"], band: Int[np.ndarray, "env link"]
) -> Int[np.ndarray, "link env"]:
    """Where each link's own cell and band stand in a flat [link, cell, band, env] table."""
    num_envs, num_links, num_cells, num_bands = shape
    receivers: Int[np.ndarray, "link env"] = (cell * num_bands + band).T
    positions: Int[np.ndarray, "link env"] = receivers * num_envs + _first_entries(num_links, num_cells * num_bands, num_envs)
    return positions


def _entries(
    table: Float[np.ndarray, "env link cell band"], positions: Int[np.ndarray, "link env"]
) -> Float[np.ndarray, "env link"]:
    # "clip" skips the buffered copy that "raise" makes.
    entries: Float[np.ndarray, "link env"] = table.transpose(1, 2, 3, 0).reshape(-1).take(positions, mode="clip")
    return entries.T


@lru_cache(maxsize=8)
def _first_entries(num_links: int, num_receivers: int, num_envs: int) -> Int[np.ndarray, "link env"]:
    """Position of each link's and environment's first entry in a flat [link, receiver, env] table."""
    return np.arange(num_links)[:, None] * (num_receivers * num_envs) + np.arange(num_envs)


@lru_cache(maxsize=8)
def _other_links(num_links: int) -> Float[np.ndarray, "link link"]:
    """Ones where the column is another link than the row."""
    return 1.0 - np.eye(num_links, dtype=np.float32)


@lru_cache(maxsize=8)
def _links_of_other_cells(num_sbs: int, num_links: int) -> Float[np.ndarray, "sbs link"]:
    """Ones where the column's link belongs to another cell than the row."""
    return np.repeat(1.0 - np.eye(num_sbs, dtype=np.float32), num_links // num_sbs, axis=1)
