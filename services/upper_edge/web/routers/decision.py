"""GET decision: one whole slot of one cell, from what it observed to what is left to deliver."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.chain import chain_of
from services.upper_edge.web.decision_models import Chain
from services.upper_edge.web.models import Reading, freshness
from services.upper_edge.web.problems import documented

CellQuery = Annotated[int, Query(ge=0, le=63, description="Small cell, from 0")]


class Decision(Reading):
    """The latest slot of one cell that the simulator told of."""

    cell: int = Field(examples=[0])
    chain: Chain | None = Field(description="null: not known yet, see `why`")
    why: Literal["", "no slot has been heard of yet", "the simulator tells no slots", "this cell is not in the run"]


router = APIRouter()


@router.get("/decision", responses=documented(404))
async def read_decision(board: BoardOf, cell: CellQuery = 0) -> Decision:
    """One cell's slot, whole: observation, features, option, termination, allocation, SINR, capacity, payload left."""
    num_cells = len(board.run.response.cells) if board.run else 64
    if cell >= num_cells:
        raise HTTPException(404, f"cell={cell} is not in this run, which has cells 0..{num_cells - 1}")
    return decision_of(board, cell)


def decision_of(board: Board, cell: int) -> Decision:
    """The decision as the board knows it now."""
    run = board.run
    chain = chain_of(run, cell, board.retraces) if run else None
    why = "" if chain else _why_unknown(run, cell)
    return Decision.model_validate({**freshness(board), "cell": cell, "chain": chain, "why": why})


def _why_unknown(run: Run | None, cell: int) -> str:
    if run is None or run.response.slot == 0:
        return "no slot has been heard of yet"
    return "the simulator tells no slots" if cell < len(run.response.cells) else "this cell is not in the run"
