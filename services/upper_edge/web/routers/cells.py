"""GET cells: each small cell, its agent, its option and what it missed."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from hiercoop.rpc.v1.channel_sim_service_pb2 import CellSnapshot
from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board
from services.upper_edge.web.models import Answer, Reading, freshness


class CellState(Answer):
    """One small cell."""

    cell: int = Field(examples=[0])
    x_m: float = Field(examples=[433.0])
    y_m: float = Field(examples=[250.0])
    is_attached: bool
    in_roster: bool = Field(description="Takes part in the current slot")
    agent: str = Field(examples=["sbs-0 pid 4711"])
    version: str | None = Field(description="Of the agent's software; null: not told", examples=["0.1.0"])
    option: int | None = Field(description="In force; null where the cell runs without a policy", examples=[5])
    option_age_slots: int | None = Field(examples=[7])
    is_edge_connected: bool
    missed_slots: int
    gaps: int
    reconnects: int
    local_slots: int = Field(description="Decided without the edge")
    edge_timeouts: int
    edge_reconnects: int
    dropped_messages: int
    reports: int
    terminations: int
    rounds_delivered: int
    rounds_offered: int
    vehicles_served: int
    vehicles_waiting: int
    latency_s: list[float] = Field(description="p50, p95, p99 from observation to allocation; empty: none yet")


class Cells(Reading):
    """All small cells in order."""

    cells: list[CellState]


router = APIRouter()


@router.get("/cells")
async def read_cells(board: BoardOf) -> Cells:
    """Each small cell, its agent, its option and what it missed."""
    return cells_of(board)


def cells_of(board: Board) -> Cells:
    """The cells as the board knows them now."""
    run = board.run
    cells = [_cell_state(cell, run.response.slot) for cell in run.response.cells] if run else []
    return Cells.model_validate({**freshness(board), "cells": cells})


def _cell_state(cell: CellSnapshot, slot: int) -> CellState:
    has_option = len(cell.option_slots) > 0
    return CellState(
        cell=cell.cell,
        x_m=cell.x_m,
        y_m=cell.y_m,
        is_attached=cell.is_attached,
        in_roster=cell.in_roster,
        agent=cell.agent,
        version=cell.version or None,
        option=cell.option if has_option else None,
        option_age_slots=max(slot - cell.option_since_slot, 0) if has_option else None,
        is_edge_connected=cell.health.is_edge_connected,
        missed_slots=cell.missed_slots,
        gaps=cell.gaps,
        reconnects=cell.reconnects,
        local_slots=cell.health.local_slots,
        edge_timeouts=cell.health.edge_timeouts,
        edge_reconnects=cell.health.edge_reconnects,
        dropped_messages=cell.health.dropped_messages,
        reports=cell.reports,
        terminations=cell.terminations,
        rounds_delivered=cell.rounds_delivered,
        rounds_offered=cell.rounds_offered,
        vehicles_served=cell.vehicles_served,
        vehicles_waiting=cell.vehicles_waiting,
        latency_s=list(cell.latency_s),
    )
