"""Many agents' links to one edge, all in this process: when each of them lost the edge, and when it had it again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.rpc.v1.upper_edge_service_pb2 import OptionDecision
from services.sbs_agent.edge_link import EdgeLink

POLL_S = 0.001
PATIENCE_S = 60.0
ANSWER_S = 0.2


class FleetAgent:
    """One real agent with its real link; times are of `time.monotonic`."""

    def __init__(self, agent: SbsAgent, edge_addr: str) -> None:
        self.agent = agent
        self.link = EdgeLink(edge_addr)
        self.lost_s = 0.0
        self.found_s = 0.0
        self.has_edge = False
        self.num_answers = 0
        self.link.start(agent, self)

    def on_decision(self, decision: OptionDecision) -> None:
        """Called by the link."""
        self.num_answers += self.agent.accept(decision)

    def on_edge_lost(self) -> None:
        """Called by the link."""
        self.lost_s = time.monotonic()
        self.has_edge = False

    def look(self) -> None:
        """Notes when the link has the edge again, which it tells nobody."""
        if self.link.is_connected and not self.has_edge:
            self.has_edge = True
            self.found_s = time.monotonic()


class Fleet:
    """All agents of one run."""

    def __init__(self, edge_addr: str, scenario: ScenarioConfig, bundle: PolicyBundle, run_epoch: int) -> None:
        run = RunConfig(scenario=scenario)
        self._emulation = Emulation(run, bundle.digest, run_epoch)
        welcomes = [self._emulation.attach(cell) for cell in range(scenario.num_sbs)]
        self.agents = [FleetAgent(SbsAgent(welcome, run, bundle), edge_addr) for welcome in welcomes]

    async def until_lost(self, since_s: float) -> list[float]:
        """When each agent was told that the edge is gone, all of them after `since_s`."""
        await self._until(lambda agent: agent.lost_s > since_s)
        return [agent.lost_s for agent in self.agents]

    async def until_found(self, since_s: float) -> list[float]:
        """When each agent was registered again, all of them after `since_s`, and answers came."""
        await self._until(lambda agent: agent.has_edge and agent.found_s > since_s)
        found_s = [agent.found_s for agent in self.agents]
        await self._is_served()
        return found_s

    async def talk(self, seconds: float) -> None:
        """Slots with a report of each agent, one after the other, for so long."""
        async with asyncio.timeout(PATIENCE_S):
            end_s = time.monotonic() + seconds
            while time.monotonic() < end_s:
                await self._slot(0.02)

    async def close(self) -> None:
        """Ends all links."""
        await asyncio.gather(*(agent.link.close() for agent in self.agents))

    async def _is_served(self) -> None:
        """Returns once each agent has sent a report and taken the edge's answer to it."""
        answers = {agent.agent.cell: agent.num_answers for agent in self.agents}
        async with asyncio.timeout(PATIENCE_S):
            while not all(agent.num_answers > answers[agent.agent.cell] for agent in self.agents):
                await self._slot(ANSWER_S)

    async def _slot(self, answer_s: float) -> None:
        """One slot in which each agent reports; the edge has a moment to answer."""
        for cell, observation in self._emulation.begin_slot().items():
            observation.must_report = True
            report = self.agents[cell].agent.begin_slot(observation)
            if report is not None:
                self.agents[cell].link.send(report)
        await asyncio.sleep(answer_s)
        for agent in self.agents:
            self._emulation.receive(agent.agent.allocate())
        self._emulation.end_slot()

    async def _until(self, holds: Callable[[FleetAgent], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for agent in self.agents:
                    agent.look()
                if all(map(holds, self.agents)):
                    return
                await asyncio.sleep(POLL_S)


@asynccontextmanager
async def connected_fleet(
    edge_addr: str, scenario: ScenarioConfig, bundle: PolicyBundle, run_epoch: int = 1
) -> AsyncIterator[Fleet]:
    """A fleet whose agents are all registered and served."""
    fleet = Fleet(edge_addr, scenario, bundle, run_epoch)
    try:
        await fleet.until_found(0.0)
        yield fleet
    finally:
        await fleet.close()
