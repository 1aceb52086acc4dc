"""Local observations (6): what every SBS knows at the start of a slot, laid out by `ObservationLayout`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, Shaped

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import (
    INTERFERENCE_MEAN_WEIGHT,
    OBSERVATION_BOUND,
    PAYLOAD_SCALE_BITS,
    RATE_SCALE_BPS_HZ,
    SNR_DB_SCALE,
    Observation,
    ObservationLayout,
)
from hiercoop.radio.geometry import neighbour_places, site_distances_m

MIN_SNR = np.float32(1e-30)
"""Keeps zero out of the logarithm; far below what the observation's bound lets through."""


@dataclass(frozen=True)
class SlotStart:
    """What is so at the start of a slot, before anything is chosen."""

    slot: int
    slots_left: int
    """Slots to the deadline, this one included; 0 only in the final observation of a round."""
    payload_left_bits: Float64[np.ndarray, "env link"]
    """Zero where payloads never end."""
    active: Bool[np.ndarray, "env link"]
    last_choice: Int64[np.ndarray, "env link"]
    """Choice of the last slot; 2M for links that were silent, or had no last slot."""
    interference: Float32[np.ndarray, "env cell station band"]
    """From other cells' links in the last slot, at own SBS and MBS, as observed; zero for a fresh placement."""
    interference_mean: Float32[np.ndarray, "env cell station band"]
    """Moving average of `interference`, the last slot's included; zero for a fresh placement."""
    gain: Float32[np.ndarray, "env cell vehicle station band"]
    """Of each cell's own vehicles to own SBS and MBS; zero where the SBS knows nothing of it."""
    mean_gain: Float32[np.ndarray, "env cell vehicle place"]
    """Without fast fading, as `Observer.mean_gain` gives it."""


class Observer:
    """Writes observations of one scenario.

    Inside, environments are the last axis in memory, as in `radio.sinr`; one transposition at the end sets the rows right.
    """

    def __init__(self, scenario: ScenarioConfig, site_xy_m: Float64[np.ndarray, "sbs 2"]) -> None:
        self._layout = ObservationLayout.of(scenario)
        self._num_cells = scenario.num_sbs
        self._num_choices = scenario.num_choices
        # One byte a choice, for short comparisons: there are at most 128, and one more for silence.
        self._choices = np.arange(scenario.num_choices, dtype=np.uint8)[:, None]
        self._episode_slots = scenario.episode_slots
        radio = scenario.radio
        self._rate_unit_bits = radio.slot_duration_s * radio.band_bandwidth_hz * RATE_SCALE_BPS_HZ
        self._per_noise = np.float32(1.0 / radio.noise_w)
        self._tx_over_noise = np.float32(radio.tx_over_noise)
        self._measured_cells = _measured_cells(site_xy_m, scenario.observation.num_neighbours)

    def observe(self, start: SlotStart) -> Observation:
        """The observation of every cell, and the action mask, in arrays of their own."""
        active = self._by_vehicle(start.active)
        left_bits = self._by_vehicle(start.payload_left_bits)
        last_choice = self._by_vehicle(start.last_choice.astype(np.uint8))
        num_envs = active.shape[-1]
        rows = np.empty((self._num_cells, self._layout.size, num_envs), np.float32)
        block = {name: rows[:, place] for name, place in self._layout.slices().items()}

        block["time_left"][...] = start.slots_left / self._episode_slots
        block["is_active"][...] = active
        np.minimum(left_bits * (1.0 / PAYLOAD_SCALE_BITS), OBSERVATION_BOUND, out=block["payload_left"])
        block["needed_rate"][...] = self._needed_rate(left_bits, start.slots_left)
        block["last_choice"][...] = (last_choice[:, :, None] == self._choices).reshape(self._num_cells, -1, num_envs)
        block["interference"][...] = self._by_feature(start.interference)
        block["interference_mean"][...] = self._by_feature(start.interference_mean)
        if self._layout.has_gains:
            block["gain"][...] = self._gain(start.gain, active)
            mean_gain = start.mean_gain.transpose(1, 2, 3, 0) * active[:, :, None]
            block["mean_gain"][...] = mean_gain.reshape(self._num_cells, -1, num_envs)
        local = np.ascontiguousarray(rows.transpose(2, 0, 1))
        return Observation(start.slot, local, self._mask(active))

    def _by_vehicle(self, values: Shaped[np.ndarray, "env link"]) -> Shaped[np.ndarray, "cell vehicle env"]:
        return values.T.reshape(self._num_cells, -1, len(values))

    def _mask(self, active: Bool[np.ndarray, "cell vehicle env"]) -> Bool[np.ndarray, "env cell vehicle choice"]:
        return np.repeat(active.transpose(2, 0, 1)[..., None], self._num_choices, axis=3)

    def _needed_rate(
        self, left_bits: Float64[np.ndarray, "cell vehicle env"], slots_left: int
    ) -> Float64[np.ndarray, "cell vehicle env"]:
        """Bits left over what a band carries in the time left at 10 bit/s/Hz, at most 1; 1 for bits without any time."""
        if slots_left == 0:
            return (left_bits > 0.0).astype(np.float64)
        return np.minimum(left_bits * (1.0 / (slots_left * self._rate_unit_bits)), 1.0)

    def interference(
        self, interference_w: Float32[np.ndarray, "env cell station band"]
    ) -> Float32[np.ndarray, "env cell station band"]:
        """Interference as it is observed: 10 log10(1 + I/N) / 20, at most 10."""
        scaled = interference_w * self._per_noise
        scaled += np.float32(1.0)
        np.log10(scaled, out=scaled)
        scaled *= np.float32(10.0 / SNR_DB_SCALE)
        np.minimum(scaled, np.float32(OBSERVATION_BOUND), out=scaled)
        return scaled

    def mean_gain(self, large_scale: Float32[np.ndarray, "env link station"]) -> Float32[np.ndarray, "env cell vehicle place"]:
        """Gains without fast fading as they are observed: 10 log10(1 + P g/N) / 20, at most 10.

        Those of each cell's own vehicles to its SBS, to the MBS, and to its neighbours, nearest first; 0 where there is none.
        """
        by_cell = large_scale.reshape(len(large_scale), self._num_cells, -1, large_scale.shape[2])
        known = np.concatenate((by_cell, np.zeros_like(by_cell[..., :1])), axis=3)
        measured = np.take_along_axis(known, self._measured_cells[None, :, None, :], axis=3)
        scaled: Float32[np.ndarray, "env cell vehicle place"] = np.log10(measured * self._tx_over_noise + np.float32(1.0))
        scaled *= np.float32(10.0 / SNR_DB_SCALE)
        np.minimum(scaled, np.float32(OBSERVATION_BOUND), out=scaled)
        return scaled

    def _by_feature(self, values: Float32[np.ndarray, "env cell station band"]) -> Float32[np.ndarray, "cell feature env"]:
        return values.transpose(1, 2, 3, 0).reshape(self._num_cells, -1, len(values))

    def _gain(
        self, gain: Float32[np.ndarray, "env cell vehicle station band"], active: Bool[np.ndarray, "cell vehicle env"]
    ) -> Float32[np.ndarray, "cell feature env"]:
        """Zero gain means that nothing is known: observed as 0, not as the lower bound."""
        scaled = gain.transpose(1, 2, 3, 4, 0) * self._tx_over_noise
        is_known = active[:, :, None, None] & (scaled[:, :, :, :1] > 0.0)
        np.maximum(scaled, MIN_SNR, out=scaled)
        np.log10(scaled, out=scaled)
        scaled *= np.float32(10.0 / SNR_DB_SCALE)
        np.maximum(scaled, np.float32(-OBSERVATION_BOUND), out=scaled)
        np.minimum(scaled, np.float32(OBSERVATION_BOUND), out=scaled)
        if not is_known.all():
            scaled *= is_known
        return scaled.reshape(self._num_cells, -1, scaled.shape[-1])


def _measured_cells(site_xy_m: Float64[np.ndarray, "sbs 2"], num_neighbours: int) -> Int64[np.ndarray, "sbs place"]:
    """Whose mean gains each cell observes: own SBS, MBS, neighbours; K + 1, a column of zeros, where there are fewer."""
    num_sbs = len(site_xy_m)
    order = neighbour_places(site_distances_m(site_xy_m)).argsort(axis=1)[:, : min(num_neighbours, num_sbs - 1)]
    measured = np.full((num_sbs, 2 + num_neighbours), num_sbs + 1)
    measured[:, 0], measured[:, 1] = np.arange(num_sbs), num_sbs
    measured[:, 2 : 2 + order.shape[1]] = order
    return measured


def interference_mean(
    interference: Float32[np.ndarray, "env cell station band"], mean: Float32[np.ndarray, "env cell station band"]
) -> Float32[np.ndarray, "env cell station band"]:
    """The moving average of the observed interference after one more slot.

    It starts again with a slot in which nothing was heard, and with the first one after it.
    """
    starts_again = ~(mean.any(axis=(2, 3), keepdims=True) & interference.any(axis=(2, 3), keepdims=True))
    weight = np.where(starts_again, np.float32(1.0), np.float32(INTERFERENCE_MEAN_WEIGHT))
    updated: Float32[np.ndarray, "env cell station band"] = mean + weight * (interference - mean)
    return updated


def own_stations_gain(
    gain: Float32[np.ndarray, "env link cell band"], num_sbs: int
) -> Float32[np.ndarray, "env sbs vehicle 2 band"]:
    """Gain of each cell's own vehicles to its SBS (station 0) and to the MBS (station 1)."""
    num_envs, num_links, num_cells, num_bands = gain.shape
    num_vehicles = num_links // num_sbs
    by_cell = gain.transpose(1, 2, 3, 0).reshape(num_sbs, num_vehicles, num_cells, num_bands, num_envs)
    own = np.empty((num_sbs, num_vehicles, 2, num_bands, num_envs), gain.dtype)
    own[:, :, 0] = np.einsum("kvkbe->kvbe", by_cell[:, :, :num_sbs])
    own[:, :, 1] = by_cell[:, :, num_sbs]
    return own.transpose(4, 0, 1, 2, 3)
