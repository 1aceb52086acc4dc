"""Local observations: what a cell knows of its users, in decibels and shares, none above 10 in magnitude."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.env.semantic.types import (
    ACCURACY_SLOPE_SCALE,
    DB_SCALE,
    OBSERVATION_BOUND,
    RATE_SCALE_KSUTPS,
    SLOT_QUANTITIES,
    DownlinkLayout,
)
from hiercoop.radio.geometry import neighbour_places, site_distances_m
from hiercoop.traffic.semantic.requirements import Requirements

LEAST_SINR = np.float32(1e-4)
"""-40 dB: what a silent link's SINR is observed as."""
LEAST_RATIO = np.float32(1e-30)
"""Of other powers, far below what any bound lets through."""
_BOUND = np.float32(OBSERVATION_BOUND)
_SCALE_OF_LOG10 = np.float32(10.0 / DB_SCALE)


@dataclass(frozen=True)
class SlotView:
    """What is new in a slot, as it is observed, in the order of SLOT_QUANTITIES."""

    power: Float32[np.ndarray, "user env"]
    num_symbols: Float32[np.ndarray, "user env"]
    gain: Float32[np.ndarray, "user env"]
    interference: Float32[np.ndarray, "user env"]
    sinr: Float32[np.ndarray, "user env"]
    sinr_mean: Float32[np.ndarray, "user env"]
    rate_quality: Float32[np.ndarray, "user env"]
    accuracy_quality: Float32[np.ndarray, "user env"]


def observed_db(ratio: Float32[np.ndarray, "*shape"], least: np.float32 = LEAST_RATIO) -> Float32[np.ndarray, "*shape"]:
    """A power ratio as it is observed: dB over 20, within 10 of zero; ratios below `least` count as that."""
    value: Float32[np.ndarray, "*shape"] = _SCALE_OF_LOG10 * np.log10(np.maximum(ratio, least))
    return np.clip(value, -_BOUND, _BOUND, out=value)


class DownlinkObserver:
    """Writes local observations. What stays for a placement or an epoch is written once and copied into each slot's."""

    def __init__(self, scenario: SemanticScenarioConfig, sites_m: Float[np.ndarray, "cell 2"], num_envs: int) -> None:
        self.layout = DownlinkLayout.of(scenario)
        self._scenario = scenario
        self._num_envs = num_envs
        self._snr_per_gain = np.float32(scenario.link_max_power_w / scenario.radio.noise_w)
        self._places = neighbour_places(site_distances_m(sites_m))
        self._kept = np.zeros((self.layout.size, scenario.num_cells, num_envs), np.float32)

    def see_users(self, requirements: Requirements | None) -> None:
        """Other users: what they want, None where no cell knows it; no beam is in force yet."""
        self._write("beam", np.zeros((self._scenario.num_users, self.layout.num_beams, self._num_envs), np.float32))
        if requirements is None:
            return
        scales = (1.0, RATE_SCALE_KSUTPS, 1.0, 1.0, ACCURACY_SLOPE_SCALE)
        wanted = (
            requirements.weight,
            requirements.rate_ksutps,
            requirements.accuracy,
            requirements.rate_slope,
            requirements.accuracy_slope,
        )
        scaled = [np.minimum(value / np.float32(scale), _BOUND) for value, scale in zip(wanted, scales, strict=True)]
        self._write("requirement", np.stack(scaled, axis=1))

    def see_places(
        self, mean_beam_gain: Float32[np.ndarray, "env user beam"], large_scale: Float32[np.ndarray, "env user cell"]
    ) -> None:
        """Where users are: mean gains of own beams, large-scale gains from the nearest other sites."""
        self._write("mean_beam_gain", self._observed_gain(mean_beam_gain))
        num_cells, per_cell = self._scenario.num_cells, self._scenario.users.num_per_cell
        heard = self._observed_gain(large_scale)
        neighbours = np.zeros((self._scenario.num_users, self.layout.num_neighbours, self._num_envs), np.float32)
        for cell in range(num_cells):
            users = slice(cell * per_cell, (cell + 1) * per_cell)
            for other in np.flatnonzero(self._places[cell] < min(self.layout.num_neighbours, num_cells - 1)):
                neighbours[users, self._places[cell, other]] = heard[users, other]
        self._write("neighbour_gain", neighbours)

    def see_sweep(self, beam_gain: Float32[np.ndarray, "env user beam"]) -> None:
        """An epoch begins: present gains of own beams."""
        self._write("beam_gain", self._observed_gain(beam_gain))

    def see_beam(self, is_chosen: Bool[np.ndarray, "env cell cell_user beam"]) -> None:
        """Beams that are in force from now on."""
        num_envs, num_cells, per_cell, num_beams = is_chosen.shape
        self._write("beam", is_chosen.reshape(num_envs, num_cells * per_cell, num_beams).transpose(1, 2, 0))

    def gain(self, gain: Float32[np.ndarray, "user env"]) -> Float32[np.ndarray, "user env"]:
        """Power gains as they are observed."""
        return observed_db(gain * self._snr_per_gain)

    def interference(self, interference_w: Float32[np.ndarray, "user env"]) -> Float32[np.ndarray, "user env"]:
        """Interference as it is observed."""
        return observed_db(np.float32(1.0) + interference_w * np.float32(1.0 / self._scenario.radio.noise_w))

    def observe(self, epoch_age: int, slot: SlotView) -> Float32[np.ndarray, "env cell feature"]:
        """The observations of a slot; a fresh array whose environments are the last axis in memory."""
        local = self._kept.copy()
        local[0] = epoch_age / self._scenario.slots_per_epoch
        num_cells, per_cell = self._scenario.num_cells, self._scenario.users.num_per_cell
        for name in SLOT_QUANTITIES:
            value: Float32[np.ndarray, "user env"] = getattr(slot, name)
            local[self.layout.slices[name]] = value.reshape(num_cells, per_cell, -1).transpose(1, 0, 2)
        return local.transpose(2, 1, 0)

    def _observed_gain(self, gain: Float32[np.ndarray, "env user column"]) -> Float32[np.ndarray, "user column env"]:
        return np.ascontiguousarray(observed_db(gain * self._snr_per_gain).transpose(1, 2, 0))

    def _write(self, name: str, value: Float32[np.ndarray, "user column env"] | Bool[np.ndarray, "user column env"]) -> None:
        num_cells, per_cell = self._scenario.num_cells, self._scenario.users.num_per_cell
        by_cell = value.reshape(num_cells, per_cell, value.shape[1], -1).transpose(1, 2, 0, 3)
        self._kept[self.layout.slices[name]] = by_cell.reshape(-1, num_cells, self._num_envs)
