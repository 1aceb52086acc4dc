"""What a delivery round was worth, in each environment of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import RewardTerms, SlotMeasurement

METRICS = (
    "sum_capacity_bps",
    "link_capacity_bps",
    "goodput_bps",
    "delivery_success",
    "time_to_deliver_s",
    "spectral_efficiency_bps_hz",
    "reward",
)


@dataclass(frozen=True)
class LinkOutcomes:
    """What a delivery round was worth to each link; NaN for a link that was never active or did not deliver in time."""

    capacity_bps: Float64[np.ndarray, "env link"]
    """Mean over the link's active slots."""
    time_to_deliver_s: Float64[np.ndarray, "env link"]


class RoundTally:
    """Adds up slots until the deadline."""

    def __init__(self, scenario: ScenarioConfig, num_envs: int) -> None:
        self._scenario = scenario
        self._num_envs = num_envs
        self._clear()

    def add(self, slot: SlotMeasurement, reward: RewardTerms) -> None:
        """Takes in one scored slot."""
        self._slots += 1
        self._capacity_bps += slot.capacity_bps.sum(axis=1, dtype=np.float64)
        self._link_capacity_bps += slot.capacity_bps
        self._active_slots += slot.active
        self._delivered_bits += slot.delivered_bits.sum(axis=1)
        self._reward += reward.total
        # A link that had nothing to deliver from the start was delivered in no time.
        finished_now = slot.is_delivered & slot.active
        self._finish_slot[finished_now] = self._slots
        self._last = slot

    def links(self) -> LinkOutcomes:
        """The round so far, link by link."""
        return LinkOutcomes(
            capacity_bps=_ratio(self._link_capacity_bps, self._active_slots),
            time_to_deliver_s=self._finish_slot * self._scenario.radio.slot_duration_s,
        )

    def close(self) -> dict[str, Float64[np.ndarray, "env"]]:
        """The round's metrics by name, one value an environment, and a fresh start; NaN where there is nothing to average.

        Per slot: sum_capacity_bps, spectral_efficiency_bps_hz (over all M bands) and reward. link_capacity_bps is a mean over
        active link-slots, delivery_success over vehicles at the deadline, time_to_deliver_s over the delivered ones.
        """
        radio, slots = self._scenario.radio, self._slots
        sum_capacity_bps = self._capacity_bps / slots
        last = self._last
        present = np.count_nonzero(last.is_present, axis=1) * (not self._scenario.traffic.full_buffer)
        metrics = {
            "sum_capacity_bps": sum_capacity_bps,
            "link_capacity_bps": _ratio(self._capacity_bps, self._active_slots.sum(axis=1)),
            "goodput_bps": self._delivered_bits / (slots * radio.slot_duration_s),
            "delivery_success": _ratio(np.count_nonzero(last.is_delivered, axis=1), present),
            "time_to_deliver_s": self._mean_finish_slot() * radio.slot_duration_s,
            "spectral_efficiency_bps_hz": sum_capacity_bps / (radio.num_bands * radio.band_bandwidth_hz),
            "reward": self._reward / slots,
        }
        self._clear()
        return metrics

    def _clear(self) -> None:
        self._slots = 0
        self._capacity_bps = np.zeros(self._num_envs)
        self._delivered_bits = np.zeros(self._num_envs)
        self._reward = np.zeros(self._num_envs)
        shape = (self._num_envs, self._scenario.num_links)
        self._link_capacity_bps = np.zeros(shape)
        self._active_slots = np.zeros(shape)
        self._finish_slot = np.full(shape, np.nan)

    def _mean_finish_slot(self) -> Float64[np.ndarray, "env"]:
        """Over the links that delivered."""
        return _ratio(np.nansum(self._finish_slot, axis=1), np.count_nonzero(~np.isnan(self._finish_slot), axis=1))


def _ratio(total: Float64[np.ndarray, "*any"], count: Shaped[np.ndarray, "*any"]) -> Float64[np.ndarray, "*any"]:
    ratio: np.ndarray = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return ratio
