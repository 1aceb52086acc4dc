"""Two cells that must take different sub-bands: one vehicle each, two sub-bands, an optimum that enumeration gives.

In every slot one cell's vehicle is near and the other's far, which is which drawn anew. Band 0 is the better one for both, so
cells that look at their own gains alone meet there and drown each other. Best is that the far one has band 0, where it
needs it more, and the near one makes do with band 1: each cell can tell from its own gains which of the two it is, but not
from its own reward what that asks of it. The radio arithmetic is the simulator's own; slots do not depend on each other.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from hiercoop.algorithms.exhaustive import sum_capacity_bps
from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import RewardConfig, ScenarioConfig, TrafficConfig
from hiercoop.env.observation import Observer, SlotStart, own_stations_gain
from hiercoop.env.reward import full_buffer_reward
from hiercoop.env.types import ChannelState, Observation, SlotMeasurement, StepOutcome
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.radio.sinr import uplink_sinr

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
"""Training seeds that each learner solves the problem from; all but the first on request."""

NEAR_SNR, FAR_SNR = (1000.0, 500.0), (200.0, 4.0)
"""Wanted power over noise at the own SBS, by sub-band."""
CROSS_SNR = 300.0
"""Power over noise at the other cell's SBS, on either band."""
MBS_SNR = 0.5
SPREAD_DB = 1.0
"""Standard deviation of each gain, so that observations differ from slot to slot."""


@dataclass(frozen=True)
class Site:
    """Where the cells stand, for learners that look at distances."""

    sbs_sites_m: np.ndarray


def coordination_scenario(episode_slots: int = 10) -> ScenarioConfig:
    """Two cells with one vehicle each, two sub-bands, payloads that never end."""
    return ScenarioConfig(
        num_sbs=2,
        num_vehicles_per_sbs=1,
        episode_slots=episode_slots,
        radio=RadioConfig(num_bands=2),
        traffic=TrafficConfig(full_buffer=True),
        reward=RewardConfig(discount=0.5),
    )


class CoordinationEnv:
    """The problem, with the methods of `HetNetEnv` that gathering experience needs."""

    def __init__(self, num_envs: int, seed: int, episode_slots: int = 10) -> None:
        self.scenario = coordination_scenario(episode_slots)
        self.num_envs = num_envs
        self.world = Site(np.array([[0.0, 0.0], [100.0, 0.0]]))
        self._observer = Observer(self.scenario, np.array([[0.0, 0.0], [300.0, 0.0]]))
        self._generator = np.random.default_rng(seed)
        self._slot = 0
        self._channel = self._draw_channel()

    def channel_state(self) -> ChannelState:
        return self._channel

    def reset(self) -> Observation:
        self._slot = 0
        self._channel = self._draw_channel()
        return self._observe()

    def step(self, choice: np.ndarray) -> StepOutcome:
        link_choice = choice.reshape(self.num_envs, 2)
        bands, radio = self.scenario.radio.num_bands, self.scenario.radio
        cell = np.where(link_choice >= bands, 2, np.arange(2))
        channel = self._channel
        sinr = uplink_sinr(channel.gain, cell, link_choice % bands, channel.active, radio.tx_power_w, radio.noise_w)
        capacity_bps = shannon_capacity_bps(sinr, radio.band_bandwidth_hz)
        self._slot += 1
        nothing = np.zeros((self.num_envs, 2))
        measurement = SlotMeasurement(
            active=channel.active,
            choice=link_choice,
            sinr=sinr,
            capacity_bps=capacity_bps,
            delivered_bits=nothing,
            payload_left_bits=nothing,
            is_present=channel.active,
            is_round_end=self._slot == self.scenario.episode_slots,
            is_delivered=np.zeros((self.num_envs, 2), bool),
        )
        self._channel = self._draw_channel()
        return StepOutcome(self._observe(), full_buffer_reward(capacity_bps, self.scenario.reward), measurement, None)

    def optimum_bps(self) -> np.ndarray:
        """Sum capacity of the best of all joint choices in the slot to come."""
        joint = itertools.product(range(self.scenario.num_choices), repeat=2)
        rows = (np.broadcast_to(np.array(choice), (self.num_envs, 2)) for choice in joint)
        return np.max([sum_capacity_bps(self._channel, row, self.scenario) for row in rows], axis=0)

    def _draw_channel(self) -> ChannelState:
        near = self._generator.integers(2, size=self.num_envs)
        own = np.where((near[:, None] == np.arange(2))[..., None], NEAR_SNR, FAR_SNR)
        snr = np.full((self.num_envs, 2, 3, 2), CROSS_SNR)
        snr[:, [0, 1], [0, 1]] = own
        snr[:, :, 2] = MBS_SNR
        snr *= 10.0 ** (self._generator.normal(0.0, SPREAD_DB, snr.shape) / 10.0)
        gain = (snr / self.scenario.radio.tx_over_noise).astype(np.float32)
        return ChannelState(gain, np.ones((self.num_envs, 2), bool), np.zeros((self.num_envs, 2)))

    def _observe(self) -> Observation:
        silence = np.zeros((self.num_envs, 2, 2, 2), np.float32)
        start = SlotStart(
            slot=self._slot,
            slots_left=self.scenario.episode_slots,
            payload_left_bits=self._channel.payload_left_bits,
            active=self._channel.active,
            last_choice=np.full((self.num_envs, 2), self.scenario.num_choices),
            interference=silence,
            interference_mean=silence,
            gain=own_stations_gain(self._channel.gain, 2),
            mean_gain=self._observer.mean_gain(self._channel.gain.mean(axis=3)),
        )
        return self._observer.observe(start)


def random_share(num_slots: int = 2_000) -> float:
    """What evenly drawn choices reach of the optimum."""
    env = CoordinationEnv(num_slots, seed=5)
    env.reset()
    optimum_bps = env.optimum_bps().mean()
    choice = np.random.default_rng(6).integers(4, size=(num_slots, 2, 1))
    return float(env.step(choice).measurement.capacity_bps.sum(axis=1).mean() / optimum_bps)


def selfish_share(num_slots: int = 2_000) -> float:
    """What two cells reach of the optimum that each take the choice of their own strongest gain."""
    env = CoordinationEnv(num_slots, seed=5)
    env.reset()
    optimum_bps = env.optimum_bps().mean()
    own = own_stations_gain(env.channel_state().gain, 2).reshape(num_slots, 2, 1, 4)
    return float(env.step(own.argmax(-1)).measurement.capacity_bps.sum(axis=1).mean() / optimum_bps)
