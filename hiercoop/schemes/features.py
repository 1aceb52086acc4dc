"""Abstract features to the edge: the real agents and a real decision process, reporting in whichever way the run says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import grpc

from hiercoop.env.types import ChannelState
from hiercoop.errors import UnreachableError
from hiercoop.execution.bundle import bundle_from_files
from hiercoop.execution.emulation import Emulation
from hiercoop.execution.local_agent import LocalAgent
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.rpc.channel_options import MAX_POLICY_BYTES
from hiercoop.rpc.client import ask, open_channel
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, GetPolicyRequest, OptionDecision
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub
from hiercoop.schemes.exchange import EXCHANGE_TIMEOUT_S


class FeatureExchange:
    """The cells of one run, each with its own connection to the edge at `address`."""

    def __init__(self, emulation: Emulation, address: str) -> None:
        self.ledger = SignallingLedger()
        self.reported: set[int] = set()
        """Cells that reported in the slot last exchanged."""
        self._emulation = emulation
        self._channels = [open_channel(address, MAX_POLICY_BYTES) for _ in emulation.cells]
        self._agents: list[SbsAgent] = []
        self._streams: list[grpc.aio.StreamStreamCall[FeatureReport, OptionDecision]] = []

    async def open(self) -> None:
        """Attaches every cell: its policy is fetched, its agent registered, its stream opened."""
        for cell, channel in enumerate(self._channels):
            welcome = self._emulation.attach(cell)
            async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
                await channel.channel_ready()
            stub = UpperEdgeServiceStub(channel)
            wanted = GetPolicyRequest(
                digest=welcome.policy_digest,
                cell=cell,
                attach_epoch=welcome.attach_epoch,
                run_epoch=welcome.profile.run_epoch,
            )
            found = await ask(stub.GetPolicy, wanted, EXCHANGE_TIMEOUT_S)
            bundle = bundle_from_files({file.name: file.content for file in found.files})
            agent = SbsAgent(welcome, self._emulation.run, bundle)
            agent.ledger = self.ledger
            request = agent.registration()
            response = await ask(stub.Register, request, EXCHANGE_TIMEOUT_S)
            agent.edge_epoch = response.edge_epoch
            for message, is_up in ((wanted, True), (found, False), (request, True), (response, False)):
                agent.record(type(message).__name__, is_up, message.ByteSize())
            self._agents.append(agent)
            self._streams.append(stub.Options())

    async def allocate(self, observations: Mapping[int, SlotObservation], channel: ChannelState) -> list[Allocation]:
        """Those cells report that have to, and all allocate under the options that they then have."""
        reports = {cell: self._agents[cell].begin_slot(observation) for cell, observation in observations.items()}
        waiting = [report for report in reports.values() if report is not None]
        self.reported = {report.cell for report in waiting}
        async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
            await asyncio.gather(*(self._report(report) for report in waiting))
        return [self._agents[cell].allocate() for cell in observations]

    async def close(self) -> None:
        """Ends the streams."""
        for channel in self._channels:
            await channel.close()

    async def _report(self, report: FeatureReport) -> None:
        agent, stream = self._agents[report.cell], self._streams[report.cell]
        agent.note_sent(report)
        await stream.write(report)
        decision = await stream.read()
        if not isinstance(decision, OptionDecision):
            raise UnreachableError(f"the edge ended the stream of cell {report.cell}")
        agent.accept(decision)


class NoExchange:
    """Nobody tells anybody anything: every cell chooses for its own vehicles alone."""

    def __init__(self, emulation: Emulation) -> None:
        self.ledger = SignallingLedger()
        self._emulation = emulation
        self._agents: list[LocalAgent] = []

    async def open(self) -> None:
        """Attaches every cell."""
        run = self._emulation.run
        self._agents = [LocalAgent(self._emulation.attach(cell), run) for cell in range(run.scenario.num_sbs)]

    async def allocate(self, observations: Mapping[int, SlotObservation], channel: ChannelState) -> list[Allocation]:
        """By `local-search`, each cell from its own observation."""
        for cell, observation in observations.items():
            self._agents[cell].begin_slot(observation)
        return [self._agents[cell].allocate() for cell in observations]

    async def close(self) -> None:
        """Nothing is open."""
