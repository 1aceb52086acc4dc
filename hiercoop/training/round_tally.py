"""What a delivery round was worth, in each environment of a batch."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

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
        self._active_link_slots += np.count_nonzero(slot.active, axis=1)
        self._delivered_bits += slot.delivered_bits.sum(axis=1)
        self._reward += reward.total
        # A link that had nothing to deliver from the start was delivered in no time.
        finished_now = slot.is_delivered & slot.active
        self._finished += np.count_nonzero(finished_now, axis=1)
        self._finish_slots += self._slots * np.count_nonzero(finished_now, axis=1)
        self._last = slot

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
            "link_capacity_bps": _ratio(self._capacity_bps, self._active_link_slots),
            "goodput_bps": self._delivered_bits / (slots * radio.slot_duration_s),
            "delivery_success": _ratio(np.count_nonzero(last.is_delivered, axis=1), present),
            "time_to_deliver_s": _ratio(self._finish_slots * radio.slot_duration_s, self._finished),
            "spectral_efficiency_bps_hz": sum_capacity_bps / (radio.num_bands * radio.band_bandwidth_hz),
            "reward": self._reward / slots,
        }
        self._clear()
        return metrics

    def _clear(self) -> None:
        self._slots = 0
        self._capacity_bps = np.zeros(self._num_envs)
        self._active_link_slots = np.zeros(self._num_envs)
        self._delivered_bits = np.zeros(self._num_envs)
        self._reward = np.zeros(self._num_envs)
        self._finished = np.zeros(self._num_envs)
        self._finish_slots = np.zeros(self._num_envs)


def _ratio(total: Float64[np.ndarray, "env"], count: Float64[np.ndarray, "env"]) -> Float64[np.ndarray, "env"]:
    ratio: np.ndarray = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return ratio
