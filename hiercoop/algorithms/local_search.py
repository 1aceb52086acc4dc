"""Every SBS alone: `execution.local_search` in a batch."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.env.types import ChannelState, Observation
from hiercoop.execution import local_search


class LocalSearch(UncooperativeAllocator):
    """The best joint choice of each cell for its own vehicles, given the interference it has heard on average."""

    name = "local-search"

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered: the average is in the observation."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the local observations alone."""
        return local_search.choose(observation.local, observation.action_mask)
