"""Planning in place of cooperation: sub-bands assigned to cells once and for all, local search within them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int64

from hiercoop.algorithms.local_search import LocalSearch
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.execution import local_search


class BandPlan(LocalSearch):
    """Local search where each cell has a sub-band of its own, as far as they go round, and all cells share the last.

    The plan needs no message, ever: what cooperation gains where this does as well, a drawing board would have gained.
    """

    name = "band-plan"

    def __init__(self, scenario: ScenarioConfig) -> None:
        self._is_planned = planned_choices(scenario.num_sbs, scenario.radio.num_bands)

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From the local observations alone, within the plan."""
        return local_search.choose(observation.local, observation.action_mask & self._is_planned[:, None, :])


def planned_choices(num_sbs: int, num_bands: int) -> Bool[np.ndarray, "cell choice"]:
    """The choices open to each cell: at its SBS and at the MBS, its own sub-band and the shared one."""
    own = np.arange(num_sbs) % max(num_bands - 1, 1)
    band = np.arange(num_bands)
    is_open = (band == own[:, None]) | (band == num_bands - 1)
    return np.tile(is_open, 2)
