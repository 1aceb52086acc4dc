"""Coordinate ascent on the weighted sum capacity of all links, from full channel state, in a batch of independent rows.

A coordinate is one link: its 2M choices are compared while all other links keep theirs. The worth of a choice is the link's own
capacity there less what it takes from the others on that sub-band. Rows are the last axis of all arrays, for long numpy loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

MAX_SWEEPS = 16
"""Bound on passes over all links; it stops by itself before, almost always."""
MIN_IMPROVEMENT = 1e-5
"""A link moves only for more than this [weighted bit/s/Hz]: float32 noise must not keep it moving."""


@dataclass(frozen=True)
class Instance:
    """What is to be maximised: sum over links of weight x log2(1 + SINR), row by row."""

    snr: Float32[np.ndarray, "link cell band row"]
    """Received power over noise; zero for links that do not send."""
    own_cell: Int64[np.ndarray, "link"]
    """SBS of each link; its other station is the last cell, the MBS."""
    weight: Float32[np.ndarray, "link row"]
    max_spectral_efficiency_bps_hz: float | None = None


class CoordinateAscent:
    """One ascent: `run` gives the choices and their worth."""

    def __init__(self, instance: Instance, choice: Int64[np.ndarray, "link row"]) -> None:
        self._instance = instance
        self._choice = choice.copy()
        self._num_links, self._num_cells, self._num_bands, self._rows = instance.snr.shape
        self._flat = instance.snr.reshape(-1)
        self._row = np.arange(self._rows)
        self._link_offset = np.arange(self._num_links)[:, None] * (self._num_cells * self._num_bands * self._rows)
        self._set_stations()

    def run(self) -> tuple[Int64[np.ndarray, "link row"], Float32[np.ndarray, "row"]]:
        """Choices that no single link can better alone (or the sweeps ran out), and their weighted sum [bit/s/Hz]."""
        for _ in range(MAX_SWEEPS):
            has_moved = [self._improve(link) for link in range(self._num_links)]
            if not any(has_moved):
                break
        wanted, noise = self._wanted_and_noise(None)
        return self._choice, self._worth(wanted, noise).sum(axis=0)

    def _set_stations(self) -> None:
        to_mbs = self._choice >= self._num_bands
        self._band = self._choice - to_mbs * self._num_bands
        cell = np.where(to_mbs, self._num_cells - 1, self._instance.own_cell[:, None])
        self._receiver = (cell * self._num_bands + self._band) * self._rows + self._row

    def _wanted_and_noise(self, without: int | None) -> tuple[Float32[np.ndarray, "link row"], Float32[np.ndarray, "link row"]]:
        """Every link's wanted power, and noise plus interference at its receiver, one link left out if so said."""
        noise = np.ones((self._num_links, self._rows), np.float32)
        for other in range(self._num_links):
            if other == without:
                continue
            heard = self._power_at_receivers(other) * (self._band == self._band[other])
            heard[other] = 0.0
            noise += heard
        return self._flat.take(self._link_offset + self._receiver, mode="clip"), noise

    def _power_at_receivers(self, link: int) -> Float32[np.ndarray, "link row"]:
        """Power of one link at everyone's receiver, were it on everyone's sub-band."""
        power: np.ndarray = self._flat.take(self._receiver + self._link_offset[link], mode="clip")
        return power

    def _worth(
        self, wanted: Float32[np.ndarray, "link row"], noise: Float32[np.ndarray, "link row"]
    ) -> Float32[np.ndarray, "link row"]:
        worth: np.ndarray = self._efficiency(wanted, noise) * self._instance.weight
        return worth

    def _efficiency(self, wanted: np.ndarray, noise: np.ndarray) -> np.ndarray:
        efficiency: np.ndarray = np.log2(wanted / noise + np.float32(1.0))
        cap = self._instance.max_spectral_efficiency_bps_hz
        return efficiency if cap is None else np.minimum(efficiency, np.float32(cap))

    def _improve(self, link: int) -> bool:
        """Moves one link to its best choice in every row; True if any row moved."""
        wanted, noise = self._wanted_and_noise(link)
        loss = self._worth(wanted, noise) - self._worth(wanted, noise + self._power_at_receivers(link))
        loss[link] = 0.0
        on_band = self._band == np.arange(self._num_bands)[:, None, None]  # [band, link, row]
        on_band[:, link] = False
        stations = [int(self._instance.own_cell[link]), self._num_cells - 1]
        heard = np.einsum("jsbr,bjr->sbr", self._instance.snr[:, stations], on_band.astype(np.float32))
        own = self._efficiency(self._instance.snr[link, stations], heard + np.float32(1.0))
        gain = own * self._instance.weight[link] - np.einsum("jr,bjr->br", loss, on_band.astype(np.float32))
        gain = gain.reshape(2 * self._num_bands, self._rows)
        best = gain.argmax(axis=0)
        now = gain[self._choice[link], self._row]
        moves = gain[best, self._row] > now + np.float32(MIN_IMPROVEMENT)
        self._choice[link] = np.where(moves, best, self._choice[link])
        self._set_stations()
        return bool(moves.any())
