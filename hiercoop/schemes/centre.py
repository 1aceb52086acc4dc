"""Full channel state to one place: every cell reports in every slot, and gets its allocation back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import numpy as np

from hiercoop.algorithms.best_response import PayloadBestResponse
from hiercoop.config.run import RunConfig
from hiercoop.env.types import ChannelState
from hiercoop.errors import UnreachableError
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.rpc.channel_options import MAX_POLICY_BYTES, client_options, server_options
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation
from hiercoop.rpc.v1.channel_state_service_pb2 import CentreDecision, ChannelStateReport
from hiercoop.rpc.v1.channel_state_service_pb2_grpc import (
    CentreServiceServicer,
    CentreServiceStub,
    add_CentreServiceServicer_to_server,
)
from hiercoop.schemes.channel_state import ATTACH_EPOCH, assemble, make_report
from hiercoop.schemes.exchange import EXCHANGE_TIMEOUT_S, KEEPALIVE_S, allocation_of, joint_choice

Context = grpc.aio.ServicerContext[Any, Any]


class Centre(CentreServiceServicer):
    """Hears all cells, then searches the best joint allocation for all of them."""

    def __init__(self, run: RunConfig) -> None:
        self.mbs_gain = np.zeros((run.scenario.num_links, run.scenario.radio.num_bands), np.float32)
        """What the MBS measures in the slot in hand; it stands beside the centre."""
        self._scenario = run.scenario
        self._search = PayloadBestResponse(run.scenario, run.seed)
        self._reports: dict[int, ChannelStateReport] = {}
        self._contexts: dict[int, Context] = {}

    async def Coordinate(self, request_iterator: object, context: Context) -> None:
        """Reports of one cell in, its allocations out."""
        while isinstance(report := await context.read(), ChannelStateReport):
            self._reports[report.cell] = report
            self._contexts[report.cell] = context
            if len(self._reports) == self._scenario.num_sbs:
                await self._decide()

    async def _decide(self) -> None:
        reports, self._reports = self._reports, {}
        choice = joint_choice(self._search, assemble(self._scenario, reports, self.mbs_gain))
        for cell, report in reports.items():
            decision = CentreDecision(
                cell=cell,
                slot=report.slot,
                sequence=report.sequence,
                run_epoch=report.run_epoch,
                attach_epoch=report.attach_epoch,
                choice=bytes(choice[cell].tolist()),
            )
            await self._contexts[cell].write(decision)


class CentreExchange:
    """Cells and centre of one run, joined by gRPC on this machine."""

    def __init__(self, run: RunConfig, is_complex: bool) -> None:
        self.ledger = SignallingLedger()
        self._scenario = run.scenario
        self._is_complex = is_complex
        self._centre = Centre(run)
        self._server = grpc.aio.server(options=server_options(MAX_POLICY_BYTES, KEEPALIVE_S))
        add_CentreServiceServicer_to_server(self._centre, self._server)
        self._channels: list[grpc.aio.Channel] = []
        self._streams: list[grpc.aio.StreamStreamCall[ChannelStateReport, CentreDecision]] = []

    async def open(self) -> None:
        """Starts the centre and joins every cell to it."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        for _ in range(self._scenario.num_sbs):
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=client_options(MAX_POLICY_BYTES, KEEPALIVE_S))
            self._channels.append(channel)
            self._streams.append(CentreServiceStub(channel).Coordinate(wait_for_ready=True))

    async def allocate(self, observations: Mapping[int, SlotObservation], channel: ChannelState) -> list[Allocation]:
        """Every cell's report goes up and its allocation comes down."""
        self._centre.mbs_gain = channel.gain[0, :, -1]
        async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
            return await asyncio.gather(*(self._ask(observation, channel) for observation in observations.values()))

    async def close(self) -> None:
        """Ends streams and server."""
        for channel in self._channels:
            await channel.close()
        await self._server.stop(None)

    async def _ask(self, observation: SlotObservation, channel: ChannelState) -> Allocation:
        stream = self._streams[observation.cell]
        report = make_report(self._scenario, channel, observation.cell, observation.slot, self._is_complex)
        self.ledger.record(observation.cell, ATTACH_EPOCH, "ChannelStateReport", True, report.ByteSize())
        await stream.write(report)
        decision = await stream.read()
        if not isinstance(decision, CentreDecision):
            raise UnreachableError(f"the centre ended the stream of cell {observation.cell}")
        self.ledger.record(observation.cell, ATTACH_EPOCH, "CentreDecision", False, decision.ByteSize())
        return allocation_of(observation, np.frombuffer(decision.choice, np.uint8))
