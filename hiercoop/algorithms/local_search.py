"""Every SBS alone: `execution.local_search` in a batch, with its moving average of the interference."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation, ObservationLayout
from hiercoop.execution import local_search


class LocalSearch(UncooperativeAllocator):
    """The best joint choice of each cell for its own vehicles, given the interference it has heard on average."""

    name = "local-search"

    def __init__(self, scenario: ScenarioConfig) -> None:
        self._layout = ObservationLayout.of(scenario)
        self._num_sbs = scenario.num_sbs
        self.reset(1)

    def reset(self, num_envs: int) -> None:
        """Nothing has been heard yet."""
        self._mean_db = local_search.initial_interference_mean_db(
            num_envs, self._num_sbs, num_bands=self._layout.num_bands
        )

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the local observations alone."""
        self._mean_db = local_search.update_interference_mean_db(self._mean_db, observation.local, self._layout)
        return local_search.choose(observation.local, observation.action_mask, self._mean_db)
