"""GET status: the run, the services and everything that went wrong so far."""

from __future__ import annotations

import platform
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.watch_series import Sample
from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board, Health, Link, Run
from services.upper_edge.web.models import Answer, Reading, freshness
from services.upper_edge.web.version import hiercoop_version

router = APIRouter()


class ServiceStatus(Answer):
    """One service as this process sees it."""

    name: str = Field(examples=["channel_sim"])
    address: str | None = Field(examples=["127.0.0.1:50051"])
    health: Health
    is_connected: bool
    reconnects: int
    last_error: str = Field(description="Empty: none so far")


class RunStatus(Answer):
    """The run that is being watched."""

    run_id: str = Field(examples=["urban-grid-1"])
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
            "run": _run_status(run) if run else None,
            "services": _services(board),
            "edge": _edge_status(board),
            "troubles": _troubles(board, run) if run else None,
            "versions": Versions(hiercoop=hiercoop_version(), protocol=PROTOCOL_VERSION, python=platform.python_version()),
        }
    )


def _run_status(run: Run) -> RunStatus:
    told, config, sample = run.response, run.config, run.history.latest
    return RunStatus(
        run_id=told.run_id,
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
        is_reproducible=told.is_reproducible,
        num_cells=len(told.cells),
        num_options=_num_options(sample),
        surplus_agents=told.surplus_agents,
    )


def _num_options(sample: Sample) -> int:
    return int(sample.option_slots.shape[-1])


def _services(board: Board) -> list[ServiceStatus]:
    services = [_service("channel_sim", board.simulator), _service("upper_edge decisions", board.edge)]
    services.append(
        ServiceStatus(name="upper_edge web", address=None, health="serving", is_connected=True, reconnects=0, last_error="")
    )
    return services


def _service(name: str, link: Link) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        address=link.address,
        health=link.health,
        is_connected=link.is_connected,
        reconnects=link.reconnects,
        last_error=link.last_error,
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
