"""GET capacity: the sum over links and each cell's part, over time."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from hiercoop.execution.watch_series import Span, mean_capacity_bps
from services.upper_edge.web.access import BoardOf, PointsQuery, SpanQuery, series_of
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Number, Numbers, Reading, freshness, numbers


class CellCapacity(Answer):
    """Capacity of one cell's links."""

    cell: int
    mean_bps: Number = Field(description="Since the run began", examples=[21.5e6])
    capacity_bps: Numbers


class Capacity(Reading):
    """Capacity (4) summed over links; a link that has delivered is silent and adds nothing."""

    span: Span
    current_bps: Number = Field(description="Over about the latest second of watching", examples=[64.5e6])
    mean_bps: Number = Field(description="Since the run began", examples=[63.1e6])
    slots: list[int] = Field(description="Last slot of each point", examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    sum_capacity_bps: Numbers = Field(examples=[[61.0e6, 64.5e6]])
    by_cell: list[CellCapacity]


router = APIRouter()


@router.get("/capacity")
async def read_capacity(board: BoardOf, span: SpanQuery = "recent", points: PointsQuery = 120) -> Capacity:
    """Sum capacity and each cell's part, over time."""
    return capacity_of(board, span, points)


def capacity_of(board: Board, span: Span, points: int) -> Capacity:
    """The capacity as the board knows it now."""
    run = board.run
    series = series_of(run, span, points)
    return Capacity.model_validate(
        {
            **freshness(board),
            "span": span,
            "current_bps": _current(run) if run else None,
            "mean_bps": mean_capacity_bps(run.response.capacity_bits, run.response.slot, run.slot_duration_s) if run else None,
            "slots": series.slot.tolist() if series else [],
            "time_s": numbers(series.time_s) if series else [],
            "sum_capacity_bps": numbers(series.capacity_bps) if series else [],
            "by_cell": [
                {
                    "cell": cell.cell,
                    "mean_bps": mean_capacity_bps(cell.capacity_bits, run.response.slot, run.slot_duration_s),
                    "capacity_bps": numbers(series.cell_capacity_bps[:, index]) if series else [],
                }
                for index, cell in enumerate(run.response.cells)
            ]
            if run
            else [],
        }
    )


def _current(run: Run) -> float | None:
    points = run.history.current(run.slot_duration_s).capacity_bps
    return float(points[-1]) if len(points) else None
