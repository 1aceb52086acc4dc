"""A simulator and an edge that follow a script: real servers and messages, so that a page or a test knows what to expect.

Run as a program it serves both for a person to look at the page: `python -m tests.web.scripted [SIM_PORT EDGE_PORT]`.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc

from hiercoop.config.run import RunConfig
from hiercoop.errors import ConfigError
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.rpc.server import RpcServer
from hiercoop.rpc.v1 import channel_sim_service_pb2 as sim
from hiercoop.rpc.v1 import upper_edge_service_pb2 as edge
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import (
    ChannelSimServiceServicer,
    add_ChannelSimServiceServicer_to_server,
)
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceServicer, add_UpperEdgeServiceServicer_to_server

NUM_CELLS, NUM_OPTIONS = 3, 8
SITES_M = ((433.0, 250.0), (866.0, 250.0), (433.0, 500.0))
REPORT_BYTES, DECISION_BYTES = 96, 22


def option_at(cell: int, slot: int) -> int:
    """The option of a cell in a slot: it changes every 20 slots, and its liking drifts over some seconds."""
    phase = slot / 9000 + cell / 3
    wave = math.sin(2 * math.pi * phase) + 0.8 * math.sin(slot // 20 * 12.9898 + cell * 4.1)
    return min(NUM_OPTIONS - 1, int((wave + 1.8) / 3.6 * NUM_OPTIONS))


def cell_capacity_bps(cell: int, slot: int) -> float:
    """Capacity of a cell in a slot [bit/s]."""
    return 1e6 * (20 + cell + 3 * math.sin(slot / 2000 + cell) + math.sin(slot * 1.7 + cell))


@dataclass
class ScriptedRun:
    """Counters that follow the script; one call of `advance` a slot."""

    config: RunConfig = field(default_factory=lambda: RunConfig(seed=7))
    process: int = 0x5C
    num_vehicles: int = 6
    run_epoch: int = 1
    state: str = "running"
    seed: int = 7
    slot: int = 0
    payload_bytes: float = 55_000.0
    slots_per_s: float = 1000.0
    ledger: SignallingLedger = field(default_factory=SignallingLedger)
    edge_ledger: SignallingLedger = field(default_factory=SignallingLedger)
    detached: set[int] = field(default_factory=set)
    cells: list[sim.CellSnapshot] = field(default_factory=list)
    totals: sim.WatchResponse = field(default_factory=sim.WatchResponse)

    def __post_init__(self) -> None:
        for number, (x_m, y_m) in enumerate(SITES_M):
            cell = sim.CellSnapshot(cell=number, x_m=x_m, y_m=y_m, attach_epoch=1, agent=f"sbs-{number}/41{number}")
            cell.option_slots.extend([0] * NUM_OPTIONS)
            cell.option_length_bins.extend([0] * 7)
            cell.latency_s.extend([0.0006, 0.0011, 0.0024])
            cell.vehicles_served, cell.vehicles_waiting = 3, number
            cell.health.is_edge_connected = True
            self.cells.append(cell)
            self._count(number, "GetPolicyRequest", "GetPolicyResponse", 68, 60_000)
            self._count(number, "RegisterRequest", "RegisterResponse", 130, 4)

    def advance(self, slots: int = 1) -> None:
        """Goes on by some slots."""
        for _ in range(slots):
            self._advance_one()

    def response(self) -> sim.WatchResponse:
        """What Watch tells now."""
        for cell in self.cells:
            cell.is_attached = cell.in_roster = cell.cell not in self.detached
        told = sim.WatchResponse(
            run_epoch=self.run_epoch,
            run_id=f"urban-grid-{self.run_epoch}",
            run_uid=f"{self.process:016x}{self.run_epoch:016x}",
            begun_unix_s=1_790_000_000.0 + 60.0 * self.run_epoch,
            version="0.1.0",
            slot_latency_s=[0.0008, 0.0011, 0.0024],
            state=self.state,
            slot=self.slot,
            seed=self.seed,
            run_config=self.config.model_dump_json(),
            policy_digest="4f1c9a" + "0" * 58,
            is_reproducible=not self.detached,
            cells=self.cells,
            signalling=self.ledger.counts(),
            slots_per_s=self.slots_per_s if self.state == "running" else 0.0,
            payload_bytes=self.payload_bytes,
            mbs_csi_bytes=48 * self.slot,
            mbs_allocation_bytes=4 * self.slot,
        )
        told.MergeFrom(self.totals)
        told.vehicles.extend(
            sim.VehicleSnapshot(id=f"vehicle-{index}", x_m=(index * 37 + self.slot * 0.015) % 1299.0, y_m=250.0, link=-1)
            for index in range(self.num_vehicles)
        )
        return told

    def _advance_one(self) -> None:
        slot_s, slot = self.config.scenario.radio.slot_duration_s, self.slot
        is_round_end = slot % self.config.scenario.episode_slots == self.config.scenario.episode_slots - 1
        for number, cell in enumerate(self.cells):
            bits = cell_capacity_bps(number, slot) * slot_s
            cell.capacity_bits += bits
            self.totals.capacity_bits += bits
            self.totals.delivered_bits += bits * 0.8
            if number in self.detached:
                cell.missed_slots += 1
                continue
            self._follow_option(cell, option_at(number, slot))
            if is_round_end:
                delivered = 3 if (slot // 100 + number) % 7 else 2
                for counts in (cell, self.totals):
                    counts.rounds_offered += 3
                    counts.rounds_delivered += delivered
                self.totals.time_to_deliver_s += delivered * (0.06 + 0.01 * math.sin(slot / 3000))
        self.slot += 1

    def _follow_option(self, cell: sim.CellSnapshot, option: int) -> None:
        cell.option_slots[option] += 1
        if option != cell.option:
            cell.terminations += 1
            cell.reports += 1
            cell.option_length_bins[min(6, (self.slot - cell.option_since_slot).bit_length())] += 1
            cell.option, cell.option_since_slot = option, self.slot
            self._count(cell.cell, "FeatureReport", "OptionDecision", REPORT_BYTES, DECISION_BYTES)

    def _count(self, cell: int, up: str, down: str, up_bytes: int, down_bytes: int) -> None:
        for ledger in (self.ledger, self.edge_ledger):
            ledger.record(cell, 1, up, True, up_bytes)
            ledger.record(cell, 1, down, False, down_bytes)


class ScriptedSimulator(ChannelSimServiceServicer):
    """Watch and Control of a scripted run."""

    def __init__(self, run: ScriptedRun) -> None:
        self.run = run
        self.commands: list[str] = []
        self.watchers = 0

    async def Watch(self, request: sim.WatchRequest, context: grpc.aio.ServicerContext) -> AsyncIterator[sim.WatchResponse]:
        self.watchers += 1
        try:
            while True:
                yield self.run.response()
                await asyncio.sleep(1 / (request.rate_hz or 10))
        finally:
            self.watchers -= 1

    async def Control(self, request: sim.ControlRequest, context: grpc.aio.ServicerContext) -> sim.ControlResponse:
        run, command = self.run, str(request.WhichOneof("command"))
        self.commands.append(command)
        if command == "step":
            if run.state != "paused":
                raise ConfigError("step cannot be applied while the run is not paused; pause it first")
            run.advance(request.step)
        elif command in ("start", "pause"):
            run.state = "running" if command == "start" else "paused"
        elif command == "payload_bytes":
            run.payload_bytes = request.payload_bytes
        else:
            self.run = ScriptedRun(
                process=run.process, run_epoch=run.run_epoch + 1, seed=request.reset or run.seed, state=run.state
            )
        return sim.ControlResponse(slot=self.run.slot, run_epoch=self.run.run_epoch, state=self.run.state)


class ScriptedEdge(UpperEdgeServiceServicer):
    """Counters of the edge's side of a scripted run."""

    def __init__(self, simulator: ScriptedSimulator) -> None:
        self.simulator = simulator

    async def GetCounters(
        self, request: edge.GetCountersRequest, context: grpc.aio.ServicerContext
    ) -> edge.GetCountersResponse:
        run = self.simulator.run
        counts = run.edge_ledger.counts()
        return edge.GetCountersResponse(
            edge_epoch=1,
            run_epoch=run.run_epoch,
            signalling=counts,
            decisions=sum(count.messages for count in counts if count.type == "OptionDecision"),
            decision_latency_s=[0.0002, 0.0004, 0.0009],
            registered_cells=sorted(set(range(NUM_CELLS)) - run.detached),
        )


class ScriptedStack:
    """Both servers; `start` and `stop` as often as a test wants to see them gone and back."""

    def __init__(self, run: ScriptedRun | None = None) -> None:
        self.simulator = ScriptedSimulator(run or ScriptedRun())
        self.sim_port = self.edge_port = 0
        self._servers: list[RpcServer] = []

    async def start(self) -> None:
        """Listens, at the ports of the last time if there was one."""
        simulator, edge_server = (
            RpcServer("hiercoop.rpc.v1.ChannelSimService"),
            RpcServer("hiercoop.rpc.v1.UpperEdgeService"),
        )
        add_ChannelSimServiceServicer_to_server(self.simulator, simulator.grpc)
        add_UpperEdgeServiceServicer_to_server(ScriptedEdge(self.simulator), edge_server.grpc)
        self.sim_port = await simulator.start(f"127.0.0.1:{self.sim_port}")
        self.edge_port = await edge_server.start(f"127.0.0.1:{self.edge_port}")
        self._servers = [simulator, edge_server]
        for server in self._servers:
            await server.set_serving(True)

    async def stop(self) -> None:
        """Both are gone."""
        for server in self._servers:
            await server.stop(0)
        self._servers = []


async def _serve(sim_port: int, edge_port: int) -> None:
    stack = ScriptedStack()
    stack.sim_port, stack.edge_port = sim_port, edge_port
    stack.simulator.run.advance(12_000)
    await stack.start()
    while True:
        await asyncio.sleep(0.05)
        if stack.simulator.run.state == "running":
            stack.simulator.run.advance(50)


if __name__ == "__main__":
    asyncio.run(_serve(*(map(int, sys.argv[1:]) if len(sys.argv) > 2 else (50051, 50052))))
