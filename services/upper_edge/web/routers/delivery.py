"""GET delivery: the share of payloads that arrive by their deadline, and how long they take."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from hiercoop.execution.watch_series import Span, mean_time_to_deliver_s, success_of
from services.upper_edge.web.access import BoardOf, PointsQuery, SpanQuery, series_of
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Number, Numbers, Reading, freshness, numbers


class CellDelivery(Answer):
    """Delivery of one cell's vehicles since the run began."""

    cell: int
    rounds_delivered: int
    rounds_offered: int
    success: Number = Field(examples=[0.97])


class Delivery(Reading):
    """Delivery success (5) and time to deliver of what was delivered."""

    span: Span
    payload_bytes: float | None = Field(examples=[55_000.0])
    rounds_delivered: int
    rounds_offered: int
    delivered_bits: float
    success: Number = Field(description="Since the run began", examples=[0.97])
    time_to_deliver_s: Number = Field(description="Mean since the run began", examples=[0.062])
    current_success: Number = Field(description="Over about the latest second of watching", examples=[0.96])
    slots: list[int] = Field(description="Last slot of each point", examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    success_series: Numbers = Field(description="null where no round ended", examples=[[0.95, 0.97]])
    time_to_deliver_series_s: Numbers = Field(examples=[[0.064, 0.061]])
    by_cell: list[CellDelivery]


router = APIRouter()


@router.get("/delivery")
async def read_delivery(board: BoardOf, span: SpanQuery = "recent", points: PointsQuery = 60) -> Delivery:
    """Delivery success and time to deliver."""
    return delivery_of(board, span, points)


def delivery_of(board: Board, span: Span, points: int) -> Delivery:
    """The delivery as the board knows it now."""
    run = board.run
    series = series_of(run, span, points)
    return Delivery.model_validate(
        {
            **freshness(board),
            "span": span,
            "payload_bytes": run.response.payload_bytes if run else None,
            "rounds_delivered": run.response.rounds_delivered if run else 0,
            "rounds_offered": run.response.rounds_offered if run else 0,
            "delivered_bits": run.response.delivered_bits if run else 0.0,
            "success": success_of(run.response.rounds_delivered, run.response.rounds_offered) if run else None,
            "time_to_deliver_s": mean_time_to_deliver_s(run.history.latest) if run else None,
            "current_success": _current(run) if run else None,
            "slots": series.slot.tolist() if series else [],
            "time_s": numbers(series.time_s) if series else [],
            "success_series": numbers(series.delivery_success) if series else [],
            "time_to_deliver_series_s": numbers(series.time_to_deliver_s) if series else [],
            "by_cell": [
                {
                    "cell": cell.cell,
                    "rounds_delivered": cell.rounds_delivered,
                    "rounds_offered": cell.rounds_offered,
                    "success": success_of(cell.rounds_delivered, cell.rounds_offered),
                }
                for cell in run.response.cells
            ]
            if run
            else [],
        }
    )


def _current(run: Run) -> float | None:
    points = run.history.current(run.slot_duration_s).delivery_success
    return float(points[-1]) if len(points) else None
