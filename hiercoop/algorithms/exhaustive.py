"""The optimum by enumeration, for instances small enough: what other searches are checked against."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from hiercoop.algorithms.allocator import UNKNOWN_SIGNALLING, Signalling, UncooperativeAllocator
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.errors import ConfigError
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.radio.sinr import uplink_sinr

MAX_JOINT_CHOICES = 65_536
"""Joint choices of all links that are still enumerated."""


class Exhaustive(UncooperativeAllocator):
    """The joint choice of all links with the greatest sum capacity; ConfigError above 65,536 joint choices."""

    name = "exhaustive"

    def __init__(self, scenario: ScenarioConfig) -> None:
        num_joint = scenario.num_choices**scenario.num_links
        if num_joint > MAX_JOINT_CHOICES:
            raise ConfigError(
                f"{num_joint} joint choices are too many to enumerate; at most {MAX_JOINT_CHOICES}, use best-response"
            )
        self._scenario = scenario
        self._joint = np.stack(np.unravel_index(np.arange(num_joint), (scenario.num_choices,) * scenario.num_links), axis=1)

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """One enumeration an environment."""
        best = [self._best(channel, env) for env in range(len(channel.gain))]
        return np.stack(best).reshape(observation.action_mask.shape[:3])

    def _best(self, channel: ChannelState, env: int) -> Int64[np.ndarray, "link"]:
        rows = len(self._joint)
        alone = ChannelState(
            np.broadcast_to(channel.gain[env], (rows, *channel.gain.shape[1:])),
            np.broadcast_to(channel.active[env], (rows, channel.active.shape[1])),
            np.broadcast_to(channel.payload_left_bits[env], (rows, channel.active.shape[1])),
        )
        best: np.ndarray = self._joint[np.argmax(sum_capacity_bps(alone, self._joint, self._scenario))]
        return best

    def signalling(self) -> Signalling:
        """Full channel state in one place: its price is not modelled here."""
        return UNKNOWN_SIGNALLING


def sum_capacity_bps(
    channel: ChannelState, choice: Int64[np.ndarray, "env link"], scenario: ScenarioConfig
) -> Float64[np.ndarray, "env"]:
    """Sum over the active links of (4) under these choices [bit/s]."""
    radio = scenario.radio
    own_cell = np.repeat(np.arange(scenario.num_sbs), scenario.num_vehicles_per_sbs)
    cell = np.where(choice >= radio.num_bands, scenario.num_sbs, own_cell)
    sinr = uplink_sinr(channel.gain, cell, choice % radio.num_bands, channel.active, radio.tx_power_w, radio.noise_w).astype(
        np.float64
    )
    capacity = shannon_capacity_bps(sinr, radio.band_bandwidth_hz, radio.max_spectral_efficiency_bps_hz)
    total: np.ndarray = capacity.sum(axis=1)
    return total
