"""A policy bundle whose SBSs never hear from an edge: each follows the default option, as one whose edge is gone does."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.errors import BundleError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.edge_policy import hold_of
from hiercoop.execution.sbs_memory import no_memory
from hiercoop.execution.sbs_policy import SbsPolicy


class Edgeless(UncooperativeAllocator):
    """The lower layer of a bundle alone, under its default option: no reports, no bytes."""

    def __init__(self, name: str, bundle: PolicyBundle, scenario: ScenarioConfig) -> None:
        bundle.check_scenario(scenario)
        if bundle.manifest.actions != "argmax":
            raise BundleError(f"actions={bundle.manifest.actions!r} draw at random; without an edge only argmax is evaluated")
        self.name = name
        self._sbs = SbsPolicy(bundle, hold_of("on-termination", 0))
        self._sizes = bundle.manifest.dimensions
        self._default_option = bundle.manifest.default_option

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def allocate(self, observation: Observation, channel: ChannelState) -> Int64[np.ndarray, "env cell vehicle"]:
        """From each cell's own observation."""
        num_envs, num_cells, vehicles, choices = observation.action_mask.shape
        inferred = self._sbs.infer(
            observation.local.reshape(num_envs * num_cells, -1),
            observation.action_mask.reshape(-1, vehicles, choices),
            np.full(num_envs * num_cells, self._default_option, np.int64),
            no_memory(num_envs * num_cells, self._sizes.memory),
        )
        return inferred.choice.astype(np.int64).reshape(num_envs, num_cells, vehicles)

    def option_share(self) -> list[float]:
        """All of it the default option's."""
        return [float(option == self._default_option) for option in range(self._sizes.options)]
