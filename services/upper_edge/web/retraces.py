"""What networks must have given in the run in hand, once somebody asks."""

from __future__ import annotations

import numpy as np

from hiercoop.config.run import RunConfig
from hiercoop.execution.decision_chain import Retrace
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse


class Retraces:
    """One retrace a policy and run, made when the first decision of it is asked for."""

    def __init__(self, policies: PolicyShelf) -> None:
        self._policies = policies
        self._made: tuple[tuple[str, str], Retrace] | None = None

    def of(self, told: WatchResponse, run: RunConfig) -> Retrace | str:
        """The retrace of the run that was told, or why there is none."""
        key = (told.policy_digest, told.run_config)
        if self._made is not None and self._made[0] == key:
            return self._made[1]
        bundle = self._policies.find(told.policy_digest)
        if bundle is None:
            return "no directory here holds the policy bundle of this run"
        misfit = bundle.misfit(run.scenario)
        if misfit:
            return misfit
        sites_m = np.array([(cell.x_m, cell.y_m) for cell in told.cells], np.float32)
        self._made = key, Retrace(run, bundle, sites_m)
        return self._made[1]
