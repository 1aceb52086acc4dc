"""GET status: the run, the services and everything that went wrong so far."""

from __future__ import annotations

import platform
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.version import hiercoop_version
from hiercoop.execution.watch_series import Sample
from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board, Health, Link, Run
from services.upper_edge.web.models import Answer, Reading, Storage, freshness

router = APIRouter()


class ServiceStatus(Answer):
    """One service as this process sees it."""

    name: str = Field(examples=["channel_sim"])
    address: str | None = Field(examples=["127.0.0.1:50051"])
    health: Health
    is_connected: bool
    reconnects: int
    last_error: str = Field(description="Empty: none so far")
    version: str | None = Field(description="Of its software; null: not told yet", examples=["0.1.0"])
    latency_s: list[float] = Field(
        description="p50, p95, p99 over its latest thousand; empty: none yet", examples=[[0.0008, 0.0011, 0.0024]]
    )
    latency_of: str = Field(description="What was timed", examples=["a slot, from observations sent to scored"])


class RunStatus(Answer):
    """The run that is being watched."""

    run_id: str = Field(examples=["urban-grid-1"])
    run_uid: str = Field(description="Of no other run; its id under runs", examples=["5f0c2d9e8b7a4c61a0f3d2e1b4c59687"])
    begun_unix_s: float = Field(examples=[1_790_000_000.0])
    scenario: str = Field(examples=["urban-grid"])
    state: str = Field(examples=["running"])
    seed: int = Field(examples=[1])
    slot: int = Field(examples=[12_400])
    time_s: float = Field(description="Simulated time", examples=[12.4])
    slots_per_s: float = Field(examples=[980.0])
    slot_duration_s: float = Field(examples=[0.001])
    pacing: str = Field(examples=["lockstep"])
    reporting: str = Field(examples=["on-termination"])
    codec: str = Field(examples=["fp32"])
    payload_bytes: float = Field(examples=[55_000.0])
    policy_digest: str = Field(description="sha256; empty: no policy, every cell runs local-search", examples=["4f1c"])
    policy_name: str | None = Field(description="Of its directory; null: no directory here holds it", examples=["default"])
    mobility: str = Field(examples=["grid"])
    num_vehicles: int = Field(description="On the map now", examples=[18])
    options_mode: str = Field(examples=["synchronous"])
    max_slots: int | None = Field(description="null: it has no end", examples=[None])
    is_reproducible: bool
    num_cells: int = Field(examples=[3])
    num_options: int = Field(examples=[8])
    surplus_agents: int = Field(description="Attached without a cell, standing by", examples=[0])


class Troubles(Answer):
    """Counts of what should be zero."""

    gaps: int = Field(description="Times that an agent left without saying so")
    missed_slots: int = Field(description="Slot and cell pairs in which the last allocation was kept because none came")
    local_slots: int = Field(description="Slots that a cell decided without the edge")
    late_slots: int
    agent_reconnects: int
    edge_reconnects: int = Field(description="Of the agents to the edge")
    edge_timeouts: int
    dropped_messages: int
    unreconciled_messages: int | None = Field(description="Between the agents' account and the edge's; null: not compared yet")
    last_error: str


class EdgeStatus(Answer):
    """What the decision process says of itself."""

    edge_epoch: int
    decisions: int
    dropped: int
    registered_cells: list[int]
    decision_latency_s: list[float] = Field(description="p50, p95, p99 from a report's arrival to its decision")
    age_s: float


class Versions(Answer):
    """Of this process."""

    hiercoop: str = Field(examples=["0.1.0"])
    protocol: int = Field(examples=[1])
    python: str = Field(examples=["3.11.2"])


class Status(Reading):
    """Everything at a glance."""

    state: Literal["empty", "partial", "whole"] = Field(description="partial: a cell has no agent; empty: no run known")
    run: RunStatus | None
    services: list[ServiceStatus]
    edge: EdgeStatus | None
    troubles: Troubles | None
    storage: Storage
    needs_token: bool = Field(description="`control` asks for a bearer token")
    versions: Versions


@router.get("/status")
async def read_status(board: BoardOf) -> Status:
    """The run, the services and the counts of what went wrong."""
    return status_of(board)


def status_of(board: Board) -> Status:
    """The status as the board knows it now."""
    run = board.run
    attached = [cell.is_attached for cell in run.response.cells] if run else []
    return Status.model_validate(
        {
            **freshness(board),
            "state": "empty" if run is None else "whole" if all(attached) else "partial",
            "run": _run_status(board, run) if run else None,
            "services": _services(board),
            "edge": _edge_status(board),
            "storage": vars(board.storage),
            "needs_token": board.needs_token,
            "troubles": _troubles(board, run) if run else None,
            "versions": Versions(hiercoop=hiercoop_version(), protocol=PROTOCOL_VERSION, python=platform.python_version()),
        }
    )


def _run_status(board: Board, run: Run) -> RunStatus:
    told, config, sample = run.response, run.config, run.history.latest
    return RunStatus(
        run_id=told.run_id,
        run_uid=told.run_uid,
        begun_unix_s=told.begun_unix_s,
        scenario=config.scenario.name,
        state=told.state,
        seed=told.seed,
        slot=told.slot,
        time_s=told.slot * run.slot_duration_s,
        slots_per_s=told.slots_per_s,
        slot_duration_s=run.slot_duration_s,
        pacing=config.pacing,
        reporting=config.reporting,
        codec=config.codec,
        payload_bytes=told.payload_bytes,
        policy_digest=told.policy_digest,
        policy_name=board.policies.name_of(told.policy_digest),
        mobility=config.scenario.mobility.kind,
        num_vehicles=len(told.vehicles),
        options_mode=config.options,
        max_slots=config.max_slots,
        is_reproducible=told.is_reproducible,
        num_cells=len(told.cells),
        num_options=_num_options(sample),
        surplus_agents=told.surplus_agents,
    )


def _num_options(sample: Sample) -> int:
    return int(sample.option_slots.shape[-1])


def _services(board: Board) -> list[ServiceStatus]:
    run, counters = board.run, board.counters
    simulator = _service(
        board.simulator,
        name="channel_sim",
        version=run.response.version if run else "",
        latency_s=list(run.response.slot_latency_s) if run else [],
        latency_of="a slot, from observations sent to scored",
    )
    edge = _service(
        board.edge,
        name="upper_edge decisions",
        version=counters.version if counters else "",
        latency_s=list(counters.decision_latency_s) if counters else [],
        latency_of="a decision, from the report's arrival",
    )
    web = ServiceStatus(
        name="upper_edge web",
        address=None,
        health="serving",
        is_connected=True,
        reconnects=0,
        last_error="",
        version=hiercoop_version(),
        latency_s=board.answer_latency.percentiles_s(),
        latency_of="taking in an answer of the simulator",
    )
    return [simulator, edge, web]


def _service(link: Link, name: str, version: str, latency_s: list[float], latency_of: str) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        address=link.address,
        health=link.health,
        is_connected=link.is_connected,
        reconnects=link.reconnects,
        last_error=link.last_error,
        version=version or None,
        latency_s=latency_s,
        latency_of=latency_of,
    )


def _edge_status(board: Board) -> EdgeStatus | None:
    counters = board.counters
    if counters is None:
        return None
    return EdgeStatus(
        edge_epoch=counters.edge_epoch,
        decisions=counters.decisions,
        dropped=counters.dropped,
        registered_cells=list(counters.registered_cells),
        decision_latency_s=list(counters.decision_latency_s),
        age_s=board.clock() - board.counters_at_s,
    )


def _troubles(board: Board, run: Run) -> Troubles:
    told, cells = run.response, run.response.cells
    found = board.unreconciled
    return Troubles(
        gaps=sum(cell.gaps for cell in cells),
        missed_slots=sum(cell.missed_slots for cell in cells),
        local_slots=sum(cell.health.local_slots for cell in cells),
        late_slots=told.late_slots,
        agent_reconnects=sum(cell.reconnects for cell in cells),
        edge_reconnects=sum(cell.health.edge_reconnects for cell in cells),
        edge_timeouts=sum(cell.health.edge_timeouts for cell in cells),
        dropped_messages=told.dropped_messages,
        unreconciled_messages=None if found is None else sum(abs(one.messages) for one in found),
        last_error=told.last_error,
    )
