"""A full mesh: every cell tells every other one its channel state in every slot, and each finds the same allocation."""

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
from hiercoop.rpc.channel_options import client_options, server_options
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation
from hiercoop.rpc.v1.channel_state_service_pb2 import ChannelStateReport
from hiercoop.rpc.v1.channel_state_service_pb2_grpc import (
    PeerServiceServicer,
    PeerServiceStub,
    add_PeerServiceServicer_to_server,
)
from hiercoop.schemes.channel_state import ATTACH_EPOCH, assemble, make_report
from hiercoop.schemes.exchange import EXCHANGE_TIMEOUT_S, KEEPALIVE_S, allocation_of, joint_choice

Context = grpc.aio.ServicerContext[Any, Any]
Stream = grpc.aio.StreamStreamCall[ChannelStateReport, ChannelStateReport]


class Peer(PeerServiceServicer):
    """One cell of the mesh: it listens for cells of lower number and dials those of higher."""

    def __init__(self, cell: int, run: RunConfig) -> None:
        self.cell = cell
        self.inbox: asyncio.Queue[ChannelStateReport] = asyncio.Queue()
        self._search = PayloadBestResponse(run.scenario, run.seed)
        self._scenario = run.scenario
        self._ways: list[Context | Stream] = []
        """Streams to each other cell; both ends read and write alike."""
        self._readers: list[asyncio.Task[None]] = []
        self._channels: list[grpc.aio.Channel] = []
        self._server = grpc.aio.server(options=server_options(keepalive_s=KEEPALIVE_S))
        add_PeerServiceServicer_to_server(self, self._server)

    async def listen(self) -> int:
        """Starts the server and returns its port."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return port

    async def dial(self, port: int) -> None:
        """Joins another cell."""
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=client_options(keepalive_s=KEEPALIVE_S))
        stream = PeerServiceStub(channel).Exchange(wait_for_ready=True)
        self._channels.append(channel)
        self._ways.append(stream)
        await stream.wait_for_connection()
        self._readers.append(asyncio.create_task(self._read(stream)))

    async def Exchange(self, request_iterator: object, context: Context) -> None:
        """The other end of a cell that dialled: its reports in; this cell's go out by `tell`."""
        self._ways.append(context)
        await self._read(context)

    @property
    def num_ways(self) -> int:
        """Other cells that are joined."""
        return len(self._ways)

    async def tell(self, report: ChannelStateReport) -> None:
        """Sends a report to every other cell."""
        for way in self._ways:
            await way.write(report)

    async def choose(self, own: ChannelStateReport, channel: ChannelState) -> list[int]:
        """This cell's part of the best joint allocation, once all others' reports of the slot are here."""
        reports = {own.cell: own}
        while len(reports) < self._scenario.num_sbs:
            report = await self.inbox.get()
            if report.slot == own.slot:
                reports[report.cell] = report
        choice: list[int] = joint_choice(self._search, assemble(self._scenario, reports, channel.gain[0, :, -1]))[
            self.cell
        ].tolist()
        return choice

    async def close(self) -> None:
        """Ends streams and server."""
        for reader in self._readers:
            reader.cancel()
        for channel in self._channels:
            await channel.close()
        await self._server.stop(None)

    async def _read(self, way: Context | Stream) -> None:
        while isinstance(report := await way.read(), ChannelStateReport):
            self.inbox.put_nowait(report)


class MeshExchange:
    """All cells of one run, each pair joined by one stream."""

    def __init__(self, run: RunConfig) -> None:
        self.ledger = SignallingLedger()
        self._scenario = run.scenario
        self._peers = [Peer(cell, run) for cell in range(run.scenario.num_sbs)]

    async def open(self) -> None:
        """Joins every pair."""
        ports = [await peer.listen() for peer in self._peers]
        for peer in self._peers:
            for port in ports[peer.cell + 1 :]:
                await peer.dial(port)
        try:
            async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
                while any(peer.num_ways < len(self._peers) - 1 for peer in self._peers):
                    await asyncio.sleep(0.001)
        except TimeoutError as error:
            raise UnreachableError(f"the cells of the mesh did not join within {EXCHANGE_TIMEOUT_S:g} s") from error

    async def allocate(self, observations: Mapping[int, SlotObservation], channel: ChannelState) -> list[Allocation]:
        """Every cell tells all others, and chooses when it has heard them."""
        async with asyncio.timeout(EXCHANGE_TIMEOUT_S):
            return await asyncio.gather(*(self._ask(observation, channel) for observation in observations.values()))

    async def close(self) -> None:
        """Ends streams and servers."""
        for peer in self._peers:
            await peer.close()

    async def _ask(self, observation: SlotObservation, channel: ChannelState) -> Allocation:
        peer = self._peers[observation.cell]
        report = make_report(self._scenario, channel, observation.cell, observation.slot)
        for _ in range(peer.num_ways):
            self.ledger.record(observation.cell, ATTACH_EPOCH, "ChannelStateReport", True, report.ByteSize())
        await peer.tell(report)
        return allocation_of(observation, np.array(await peer.choose(report, channel)))
