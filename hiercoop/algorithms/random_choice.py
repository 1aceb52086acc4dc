"""The policy that knows nothing."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.env.types import ChannelState, Observation
from hiercoop.seeding import Streams


class RandomChoice(UncooperativeAllocator):
    """Uniform over the allowed choices of each vehicle."""

    name = "random"

    def __init__(self, seed: int) -> None:
        self._generator = Streams(seed).generator("random-choice")

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """One draw a vehicle."""
        mask = observation.action_mask
        lot = self._generator.random(mask.shape, np.float32)
        choice: np.ndarray = np.argmax(np.where(mask, lot, np.float32(-1.0)), axis=-1)
        return choice
