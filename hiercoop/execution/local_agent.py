"""An SBS that has no policy bundle to follow: it allocates all the same."""

from __future__ import annotations

import numpy as np

from hiercoop.config.run import RunConfig
from hiercoop.errors import MessageError
from hiercoop.execution import local_search
from hiercoop.execution.slot_input import SlotInput, read_observation
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import AgentHealth, Allocation, OptionState, SlotObservation, Welcome
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision


class LocalAgent:
    """An SBS without a policy bundle: it runs local-search and reports nothing."""

    def __init__(self, welcome: Welcome, run: RunConfig) -> None:
        self.cell = welcome.cell
        self.health = AgentHealth()
        self._welcome = welcome
        self._run = run
        self._given: SlotInput | None = None

    def begin_slot(self, observation: SlotObservation) -> None:
        """Takes in a slot; MessageError for another cell, run, shape or an old slot."""
        last_slot = self._given.slot if self._given else -1
        self._given = read_observation(observation, self._welcome, self._run.scenario, last_slot)

    def note_sent(self, report: FeatureReport) -> None:
        """Never called with a report of its own: it makes none."""
        raise MessageError(f"cell {self.cell} runs local-search and sends no reports")

    def accept(self, decision: OptionDecision) -> bool:
        """False: no option has a meaning without a bundle."""
        self.health.dropped_messages += 1
        return False

    def allocate(self) -> Allocation:
        """The best joint choice for the cell's own vehicles, given the interference it has seen."""
        if self._given is None:
            raise MessageError(f"cell {self.cell} has no slot in hand; begin_slot comes before allocate")
        self.health.local_slots += 1
        choice = local_search.choose(self._given.local, self._given.mask)[0]
        return Allocation(
            cell=self.cell,
            slot=self._given.slot,
            run_epoch=self._welcome.profile.run_epoch,
            attach_epoch=self._welcome.attach_epoch,
            choice=codec.encode_array(choice.astype(np.int32)),
            state=OptionState(is_local=True),
            health=self.health,
        )
