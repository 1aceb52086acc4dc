"""A bound that no policy reaches: every link on its best station and sub-band, with no other link there."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.env.observation import own_stations_gain
from hiercoop.env.types import ChannelState, Observation


class GreedyBound(UncooperativeAllocator):
    """Each link's best choice without interference; to be scored without interference too."""

    name = "greedy-bound"
    ignores_interference = True

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """The strongest of the 2M gains of each link."""
        return strongest_choice(channel, observation.action_mask.shape[1])


def strongest_choice(channel: ChannelState, num_sbs: int) -> Int64[np.ndarray, "env cell vehicle"]:
    """Each link's choice of greatest gain among own SBS and MBS and all sub-bands."""
    gain = own_stations_gain(channel.gain, num_sbs)
    choice: np.ndarray = np.argmax(gain.reshape(*gain.shape[:3], -1), axis=-1)
    return choice
