"""Centralised schemes that see every gain: coordinate ascent on the sum capacity, from several starts, every slot."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int64

from hiercoop.algorithms.allocator import UNKNOWN_SIGNALLING, Signalling, UncooperativeAllocator
from hiercoop.algorithms.coordinate_ascent import CoordinateAscent, Instance
from hiercoop.algorithms.greedy_bound import strongest_choice
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.seeding import Streams

NUM_STARTS = 4
"""Each link's strongest choice, and random ones."""


class BestResponse(UncooperativeAllocator):
    """The best of four coordinate ascents on the sum capacity of all links."""

    name = "best-response"

    def __init__(self, scenario: ScenarioConfig, seed: int) -> None:
        self._scenario = scenario
        self._generator = Streams(seed).generator("best-response")
        self._own_cell = np.repeat(np.arange(scenario.num_sbs), scenario.num_vehicles_per_sbs)
        self.reset(1)

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the full channel state of this slot."""
        return self._search(channel, np.ones(channel.active.shape, np.float32))

    def signalling(self) -> Signalling:
        """Full channel state in one place and allocations back: their price is not modelled here."""
        return UNKNOWN_SIGNALLING

    def _search(self, channel: ChannelState, weight: Float32[np.ndarray, "env link"]) -> Int64[np.ndarray, "env cell vehicle"]:
        num_envs, num_links = channel.active.shape
        snr = channel.gain * np.float32(self._scenario.radio.tx_over_noise) * channel.active[..., None, None]
        starts = [strongest_choice(channel, self._scenario.num_sbs).reshape(num_envs, num_links).T]
        starts += [
            self._generator.integers(self._scenario.num_choices, size=(num_links, num_envs)) for _ in range(NUM_STARTS - 1)
        ]
        instance = Instance(
            snr=np.tile(np.ascontiguousarray(snr.transpose(1, 2, 3, 0)), NUM_STARTS),
            own_cell=self._own_cell,
            weight=np.tile(weight.T, NUM_STARTS),
            max_spectral_efficiency_bps_hz=self._scenario.radio.max_spectral_efficiency_bps_hz,
        )
        choice, worth = CoordinateAscent(instance, np.concatenate(starts, axis=1)).run()
        best = worth.reshape(NUM_STARTS, num_envs).argmax(axis=0)
        chosen: np.ndarray = choice.T.reshape(NUM_STARTS, num_envs, num_links)[best, np.arange(num_envs)]
        return chosen.reshape(num_envs, self._scenario.num_sbs, -1)


class PayloadBestResponse(BestResponse):
    """The same, each link weighted by what it still has to deliver."""

    name = "best-response-payload"

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """Weights are bits left over their mean in the environment; equal where payloads never end."""
        left_bits = channel.payload_left_bits
        mean_bits = left_bits.mean(axis=1, keepdims=True)
        weight = np.where(mean_bits > 0.0, left_bits / np.maximum(mean_bits, 1.0), 1.0)
        return self._search(channel, weight.astype(np.float32))


class DelayedBestResponse(BestResponse):
    """The same on the state of the slot before: what a centralised scheme could do, were its signalling free.

    In the first slot it knows nothing: own SBS, sub-band = vehicle slot mod M.
    """

    name = "best-response-delayed"

    def reset(self, num_envs: int) -> None:
        """No state has arrived yet."""
        self._last: ChannelState | None = None

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the full channel state of the slot before."""
        known, self._last = self._last, channel
        if known is None:
            num_vehicles = self._scenario.num_vehicles_per_sbs
            bands = np.arange(num_vehicles, dtype=np.int64) % self._scenario.radio.num_bands
            return np.tile(bands, (len(channel.gain), self._scenario.num_sbs, 1))
        return super().allocate(observation, known)
