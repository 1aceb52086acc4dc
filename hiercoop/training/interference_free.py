"""Scores choices as if every link were alone: what a bound that ignores interference claims, kept apart from the environment.

The environment goes on beside it and gives places and channels, which do not depend on choices; payloads are kept here.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.observation import own_stations_gain
from hiercoop.env.reward import full_buffer_reward, slot_reward
from hiercoop.env.types import ChannelState, RewardTerms, SlotMeasurement
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.traffic.payload import delivered_bits, has_something_to_send, link_payload_bits


class InterferenceFreeScore:
    """Rates and deliveries of links without interference, over the rounds of a batch of environments."""

    def __init__(self, scenario: ScenarioConfig, num_envs: int) -> None:
        self._scenario = scenario
        self._offer_bits = np.tile(link_payload_bits(scenario), (num_envs, 1))
        self._left_bits = self._offer_bits

    def score(
        self, channel: ChannelState, choice: Int64[np.ndarray, "env cell vehicle"], scored: SlotMeasurement
    ) -> tuple[SlotMeasurement, RewardTerms]:
        """The slot under these choices without interference; `scored` says who is present and when the deadline falls."""
        radio, traffic = self._scenario.radio, self._scenario.traffic
        active = has_something_to_send(scored.is_present, self._left_bits, traffic.full_buffer)
        gain = own_stations_gain(channel.gain, self._scenario.num_sbs).reshape(*choice.shape, -1)
        chosen = np.take_along_axis(gain, choice[..., None], axis=-1)[..., 0].reshape(active.shape)
        sinr = chosen * np.float32(radio.tx_over_noise) * active
        capacity_bps = shannon_capacity_bps(sinr, radio.band_bandwidth_hz, radio.max_spectral_efficiency_bps_hz)
        if traffic.full_buffer:
            delivered = capacity_bps * np.float64(radio.slot_duration_s)
        else:
            delivered = delivered_bits(self._left_bits, capacity_bps, radio.slot_duration_s)
            self._left_bits = self._left_bits - delivered
        slot = SlotMeasurement(
            active=active,
            choice=choice.reshape(active.shape),
            sinr=sinr,
            capacity_bps=capacity_bps,
            delivered_bits=delivered,
            payload_left_bits=self._left_bits,
            is_present=scored.is_present,
            is_round_end=scored.is_round_end,
            is_delivered=scored.is_present & (self._left_bits == 0.0) & (not traffic.full_buffer),
        )
        if slot.is_round_end:
            self._left_bits = self._offer_bits
        return slot, self._reward(slot)

    def _reward(self, slot: SlotMeasurement) -> RewardTerms:
        config = self._scenario.reward
        if self._scenario.traffic.full_buffer:
            return full_buffer_reward(slot.capacity_bps, config)
        return slot_reward(slot.capacity_bps, slot.is_delivered, slot.is_present, slot.is_round_end, config)
