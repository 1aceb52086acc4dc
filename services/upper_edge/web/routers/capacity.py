"""GET capacity: the sum over links and each cell's part, over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
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


class References(Answer):
    """What two schemes would have reached in single slots, on the very channels and sending links of those slots.

    About one slot a second is looked at, in this process. The bound lets every link have its best station and sub-band
    without interference, so it cannot be reached; best response sees all channels in one place.
    """

    state: Literal["computed", "absent"] = Field(description="absent: see `why`")
    why: str = Field(examples=[""])
    sampled_slots: int = Field(description="Slots that the means are over: those of this span", examples=[60])
    mean_sum_capacity_bps: Number = Field(description="Of the run itself in the same slots", examples=[63.0e6])
    mean_greedy_bound_bps: Number = Field(examples=[88.0e6])
    mean_best_response_bps: Number = Field(examples=[66.5e6])
    slots: list[int] = Field(examples=[[1_000, 2_000]])
    sum_capacity_bps: Numbers = Field(description="In that slot alone", examples=[[61.0e6, 70.5e6]])
    greedy_bound_bps: Numbers = Field(examples=[[85.0e6, 90.5e6]])
    best_response_bps: Numbers = Field(examples=[[64.0e6, 72.5e6]])


class Capacity(Reading):
    """Capacity (4) summed over links; a link that has delivered is silent and adds nothing."""

    span: Span
    current_bps: Number = Field(description="Over about the latest second of watching", examples=[64.5e6])
    mean_bps: Number = Field(description="Since the run began", examples=[63.1e6])
    slots: list[int] = Field(description="Last slot of each point", examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    sum_capacity_bps: Numbers = Field(examples=[[61.0e6, 64.5e6]])
    by_cell: list[CellCapacity]
    references: References


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
            "references": _references(run, span),
        }
    )


def _references(run: Run | None, span: Span) -> References:
    if run is None:
        return _absent("no run is known yet")
    if run.references.why_absent:
        return _absent(run.references.why_absent)
    kept = run.references.since(run.history.samples(span)[0].slot)
    columns = np.array([[one.sum_capacity_bps, one.greedy_bound_bps, one.best_response_bps] for one in kept])
    columns = columns.reshape(-1, 3)
    means = numbers(columns.mean(axis=0)) if kept else [None] * 3
    names = ("sum_capacity_bps", "greedy_bound_bps", "best_response_bps")
    return References.model_validate(
        {
            "state": "computed",
            "why": "",
            "sampled_slots": len(kept),
            "slots": [one.slot for one in kept],
            **{f"mean_{name}": mean for name, mean in zip(names, means, strict=True)},
            **{name: numbers(columns[:, index]) for index, name in enumerate(names)},
        }
    )


def _absent(why: str) -> References:
    return References(
        state="absent",
        why=why,
        sampled_slots=0,
        mean_sum_capacity_bps=None,
        mean_greedy_bound_bps=None,
        mean_best_response_bps=None,
        slots=[],
        sum_capacity_bps=[],
        greedy_bound_bps=[],
        best_response_bps=[],
    )


def _current(run: Run) -> float | None:
    points = run.history.current(run.slot_duration_s).capacity_bps
    return float(points[-1]) if len(points) else None
