"""Shapes that several answers share: how current a reading is, numbers that may be missing, problems, lists of totals."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.upper_edge.web.board import Board, Connection


def _finite_or_none(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite_or_none)]
"""null where there was nothing to take a ratio of."""
Numbers = list[Number]


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)


class Reading(Answer):
    """Every answer about the run says how current it is."""

    connection: Connection = Field(
        description="live; stale: nothing for 2 s; reconnecting: last data kept; connecting: none yet"
    )
    age_s: float | None = Field(description="Seconds since the simulator was last heard of", examples=[0.06])
    run_epoch: int | None = Field(description="Rises with every start, reset and scenario", examples=[3])
    slot: int | None = Field(description="Latest slot known", examples=[12_400])


class Storage(Answer):
    """Where finished runs are kept, and whether that works."""

    state: Literal["off", "opening", "kept", "failed"] = Field(description="off: RUNS_DB names no file; failed: see `detail`")
    path: str = Field(description="Empty where off", examples=["runs/dashboard.sqlite"])
    detail: str = Field(description="What is wrong and the way out; empty where nothing is")
    num_runs: int = Field(examples=[12])
    used_bytes: int = Field(examples=[1_200_000])
    max_runs: int = Field(examples=[200])
    max_bytes: int = Field(examples=[2**30])


class Problem(Answer):
    """RFC 9457."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["Service unreachable"])
    status: int = Field(examples=[503])
    detail: str = Field(examples=["the simulator at 127.0.0.1:50051 does not answer; start it, or set SIM_ADDR"])


def freshness(board: Board) -> dict[str, object]:
    """The fields of a Reading, of what the board knows now."""
    run = board.run
    return {
        "connection": board.connection,
        "age_s": board.age_s,
        "run_epoch": run.response.run_epoch if run else None,
        "slot": run.response.slot if run else None,
    }


def numbers(array: np.ndarray) -> list[object]:
    """A one- or more-dimensional array as nested lists of at most 7 significant digits, NaN kept for the model to drop."""
    return [numbers(row) if row.ndim else float(f"{row:.7g}") for row in array]
