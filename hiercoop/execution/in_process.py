"""The whole split in one process: the same simulator, agents and edge that the services run, with calls between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from pydantic import JsonValue

from hiercoop.config.run import RunConfig
from hiercoop.errors import ConfigError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.controls import request_of
from hiercoop.execution.emulation import Emulation, SlotRecord
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.execution.simulator import Simulator
from hiercoop.execution.trace import TraceWriter
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision

Events = Sequence[tuple[int, dict[str, JsonValue]]]


class InProcessRun:
    """One simulator, its agents and its edge; `advance` is a lock-step slot."""

    def __init__(self, run: RunConfig, bundle: PolicyBundle, trace: TraceWriter | None = None, events: Events = ()) -> None:
        if run.pacing != "lockstep":
            raise ConfigError(f"pacing={run.pacing!r} needs the services; in process a run is in lock-step")
        bundle.check_scenario(run.scenario)
        self._bundle = bundle
        self._events = deque(events)
        self.simulator = Simulator(run, bundle.digest, trace=trace)
        self.edge = UpperEdge(bundle, shelf=self.simulator.policies)
        self.agents: dict[int, SbsAgent] = {}
        self._attach_all()

    @property
    def emulation(self) -> Emulation:
        """The run in hand."""
        return self.simulator.emulation

    def advance(self) -> SlotRecord | None:
        """One slot; None where the run is over, or paused with no further event to wake it."""
        self._apply_events()
        if not self.simulator.begin_slot_allowed():
            return None
        reports: dict[int, FeatureReport] = {}
        for cell, observation in self.emulation.begin_slot().items():
            report = self.agents[cell].begin_slot(observation)
            if report is not None:
                self.agents[cell].note_sent(report)
                reports[cell] = report
        for report in reports.values():
            self._deliver(self.edge.submit(report))
        for agent in self.agents.values():
            self.emulation.receive(agent.allocate())
        return self.emulation.end_slot()

    def _deliver(self, decisions: list[OptionDecision]) -> None:
        for decision in decisions:
            self.agents[decision.cell].accept(decision)

    def _follow(self, policy_digest: str) -> None:
        if policy_digest != self._bundle.digest:
            self._bundle = self.simulator.policies.require(policy_digest)

    def _attach_all(self) -> None:
        self.agents.clear()
        for cell in range(self.emulation.run.scenario.num_sbs):
            self._attach(cell)

    def _attach(self, cell: int) -> None:
        agent = SbsAgent(self.emulation.attach(cell), self.emulation.run, self._bundle)
        request = agent.registration()
        response = self.edge.register(request)
        agent.edge_epoch = response.edge_epoch
        agent.record("RegisterRequest", True, request.ByteSize())
        agent.record("RegisterResponse", False, response.ByteSize())
        self.agents[cell] = agent

    def _detach(self, cell: int) -> None:
        self.agents.pop(cell)
        attach_epoch = self.emulation.cells[cell].attach_epoch
        self.emulation.detach(cell, attach_epoch, on_purpose=True)
        self._deliver(self.edge.disconnect(cell, attach_epoch))

    def _apply_events(self) -> None:
        while self._events and self._events[0][0] <= self.emulation.slot:
            slot, event = self._events.popleft()
            if slot < self.emulation.slot:
                raise ConfigError(f"event of slot {slot} comes after slot {self.emulation.slot}; write events in their order")
            self._apply(event)

    def _apply(self, event: dict[str, JsonValue]) -> None:
        if "attach" in event:
            self._attach(cast(int, event["attach"]))
        elif "detach" in event:
            self._detach(cast(int, event["detach"]))
        else:
            epoch = self.emulation.run_epoch
            self.simulator.control(request_of(event))
            if self.emulation.run_epoch != epoch:
                self._follow(self.emulation.policy_digest)
                self._attach_all()


def run_in_process(
    run: RunConfig,
    bundle: PolicyBundle,
    trace: TraceWriter | None = None,
    events: Events = (),
    on_slot: Callable[[SlotRecord], None] | None = None,
) -> InProcessRun:
    """Runs until `max_slots` or the mobility trace's end, and gives back all that was counted."""
    whole = InProcessRun(run, bundle, trace, events)
    while (record := whole.advance()) is not None:
        if on_slot is not None:
            on_slot(record)
    return whole
