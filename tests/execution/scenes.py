"""Ready-made runs, bundles and agents for tests of the split."""

from __future__ import annotations

from functools import cache

from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import MobilityConfig, ScenarioConfig
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.execution.upper_edge import UpperEdge
from tests.bundles import random_bundle


@cache
def scenario(num_sbs: int = 3) -> ScenarioConfig:
    """The urban grid with fresh drops, or driving vehicles where K is large."""
    return ScenarioConfig(num_sbs=num_sbs, mobility=MobilityConfig(kind="drop" if num_sbs <= 3 else "grid"))


@cache
def bundle(**manifest: object) -> PolicyBundle:
    """One random policy; it serves any number of cells."""
    return random_bundle(scenario(), **manifest)


class Scene:
    """A run with its agents registered, driven by hand."""

    def __init__(self, policy: PolicyBundle | None = None, **run: object) -> None:
        self.policy = policy or bundle()
        self.run = RunConfig.model_validate({"scenario": scenario(), **run})
        self.emulation = Emulation(self.run, self.policy.digest)
        self.edge = UpperEdge(self.policy)
        self.agents = [self.attach(cell) for cell in range(self.run.scenario.num_sbs)]

    def attach(self, cell: int) -> SbsAgent:
        """A fresh agent for a free cell, registered with the edge."""
        agent = SbsAgent(self.emulation.attach(cell), self.run, self.policy)
        agent.edge_epoch = self.edge.register(agent.registration()).edge_epoch
        return agent

    def slot(self, deaf: tuple[int, ...] = (), silent: tuple[int, ...] = ()) -> dict[int, object]:
        """One slot; `deaf` cells get no answer from the edge, `silent` ones send no allocation."""
        reports = {}
        for cell, observation in self.emulation.begin_slot().items():
            report = self.agents[cell].begin_slot(observation)
            if report is not None and cell not in deaf:
                self.agents[cell].note_sent(report)
                reports[cell] = report
        for report in reports.values():
            for decision in self.edge.submit(report):
                self.agents[decision.cell].accept(decision)
        allocations = {agent.cell: agent.allocate() for agent in self.agents}
        for cell, allocation in allocations.items():
            if cell not in silent:
                self.emulation.receive(allocation)
        self.emulation.end_slot()
        return allocations
