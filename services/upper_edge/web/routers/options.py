"""GET options/distribution: which options the cells follow, over time, by cell and by payload, and how long options last."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter
from pydantic import Field

from hiercoop.execution.watch_series import OPTION_LENGTH_BINS, Span, option_length_counts, share
from services.upper_edge.web.access import BoardOf, PointsQuery, SpanQuery, series_of
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Number, Numbers, Reading, freshness, numbers


class LengthBin(Answer):
    """Options that ended after so many slots."""

    slots: str = Field(examples=["3-4"])
    terminations: int


class CellShare(Answer):
    """Options of one cell since the run began."""

    cell: int
    slots: int = Field(examples=[12_400])
    share: Numbers = Field(examples=[[0.25, 0.75]])
    option_length: list[LengthBin]
    mean_option_slots: Number = Field(description="Slots so far over options that ended so far; null: none has", examples=[4.8])


class PayloadShare(Answer):
    """Options of all cells while this payload was in force, as far as it was watched."""

    payload_bytes: float = Field(examples=[55_000.0])
    slots: int = Field(description="Slots of all cells together")
    share: Numbers = Field(examples=[[0.25, 0.75]])


class OptionDistribution(Reading):
    """Shares of slots by option; options are numbered from 0."""

    span: Span
    num_options: int = Field(examples=[8])
    slots: list[int] = Field(description="Last slot of each point", examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    share: list[Numbers] = Field(description="By point, then option", examples=[[[0.5, 0.5], [0.25, 0.75]]])
    by_cell: list[CellShare]
    by_payload: list[PayloadShare]
    option_length: list[LengthBin] = Field(description="Of all cells")


router = APIRouter()


@router.get("/options/distribution")
async def read_distribution(board: BoardOf, span: SpanQuery = "recent", points: PointsQuery = 120) -> OptionDistribution:
    """Shares of slots by option over time, by cell and by payload."""
    return distribution_of(board, span, points)


def distribution_of(board: Board, span: Span, points: int) -> OptionDistribution:
    """The distribution as the board knows it now."""
    run = board.run
    series = series_of(run, span, points)
    return OptionDistribution.model_validate(
        {
            **freshness(board),
            "span": span,
            "num_options": run.history.latest.option_slots.shape[-1] if run else 0,
            "slots": series.slot.tolist() if series else [],
            "time_s": numbers(series.time_s) if series else [],
            "share": numbers(series.option_share) if series else [],
            "by_cell": _by_cell(run) if run else [],
            "by_payload": _by_payload(run) if run else [],
            "option_length": _length_bins(option_length_counts(run.response.cells)) if run else [],
        }
    )


def _by_cell(run: Run) -> list[CellShare]:
    counts = run.history.latest.option_slots
    return [
        CellShare.model_validate(
            {
                "cell": cell.cell,
                "slots": int(row.sum()),
                "share": numbers(share(row)),
                "option_length": _length_bins(option_length_counts([cell])),
                "mean_option_slots": int(row.sum()) / cell.terminations if cell.terminations else None,
            }
        )
        for cell, row in zip(run.response.cells, counts, strict=True)
    ]


def _by_payload(run: Run) -> list[PayloadShare]:
    return [
        PayloadShare.model_validate({"payload_bytes": payload, "slots": int(counts.sum()), "share": numbers(share(counts))})
        for payload, counts in sorted(run.history.payload_option_slots.items())
    ]


def _length_bins(counts: np.ndarray) -> list[LengthBin]:
    return [LengthBin(slots=label, terminations=int(n)) for label, n in zip(OPTION_LENGTH_BINS, counts, strict=True)]
