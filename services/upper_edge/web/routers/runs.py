"""GET runs and runs/{id}: the run in hand and those that were kept."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import Field, JsonValue

from services.upper_edge.web.models import Answer, Number, Numbers, Storage
from services.upper_edge.web.problems import documented
from services.upper_edge.web.run_store import RunStore

EXAMPLE_ID = "5f0c2d9e8b7a4c61a0f3d2e1b4c59687"
RunState = Literal["running", "finished", "ended", "interrupted"]


class RunSummary(Answer):
    """One run at a glance, over all of it."""

    id: str = Field(description="Of no other run", examples=[EXAMPLE_ID])
    run_id: str = Field(examples=["urban-grid-3"])
    state: RunState = Field(
        description="finished: it came to its end; ended: another one took its place; interrupted: its end was not seen"
    )
    begun_unix_s: float = Field(examples=[1_790_000_000.0])
    updated_unix_s: float = Field(description="Last written", examples=[1_790_000_060.0])
    scenario: str = Field(examples=["urban-grid"])
    policy_digest: str = Field(examples=["4f1c" + "0" * 60])
    policy_name: str | None = Field(description="null: no directory here holds it", examples=["default"])
    seed: int = Field(examples=[1])
    pacing: str = Field(examples=["lockstep"])
    reporting: str = Field(examples=["on-termination"])
    codec: str = Field(examples=["fp32"])
    num_cells: int = Field(examples=[3])
    payload_bytes: float = Field(description="The latest in force", examples=[55_000.0])
    slots: int = Field(examples=[60_000])
    time_s: float = Field(description="Simulated", examples=[60.0])
    mean_capacity_bps: Number = Field(examples=[63.1e6])
    delivery_success: Number = Field(examples=[0.97])
    time_to_deliver_s: Number = Field(examples=[0.062])
    link_bytes_per_slot: Number = Field(description="Signalling, modelled link layer, both ways", examples=[38.0])
    payload_bytes_per_slot: Number = Field(description="Signalling, payload layer, both ways", examples=[19.0])
    is_reproducible: bool


class Runs(Answer):
    """Runs, the newest first."""

    current: str | None = Field(description="Id of the run that is being watched", examples=[EXAMPLE_ID])
    storage: Storage
    runs: list[RunSummary]


class RunSeriesKept(Answer):
    """Series over the whole run; point i covers the slots after slots[i - 1] up to slots[i]."""

    slots: list[int] = Field(examples=[[100, 200]])
    time_s: Numbers = Field(examples=[[0.1, 0.2]])
    sum_capacity_bps: Numbers = Field(examples=[[61.0e6, 64.5e6]])
    cell_capacity_bps: list[Numbers] = Field(description="By cell, then point")
    delivery_success: Numbers = Field(description="null where no round ended")
    time_to_deliver_s: Numbers
    option_share: list[Numbers] = Field(description="By point, then option")
    signalling_up_bytes_per_slot: Numbers = Field(description="Modelled link layer, towards the edge")
    signalling_down_bytes_per_slot: Numbers


class RunDetail(Answer):
    """One run, whole, as far as it was watched."""

    summary: RunSummary
    command: str = Field(description="Begins the same run anew", examples=["hiercoop up --scenario urban-grid"])
    config: dict[str, JsonValue] = Field(description="The run's configuration")
    series: RunSeriesKept


def run_store_of(request: Request) -> RunStore:
    """The store of this application."""
    store: RunStore = request.app.state.run_store
    return store


StoreOf = Annotated[RunStore, Depends(run_store_of)]
RunId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a run", examples=[EXAMPLE_ID])]

router = APIRouter()


@router.get("/runs")
async def read_runs(store: StoreOf) -> Runs:
    """The run in hand and those that were kept, the newest first."""
    return Runs.model_validate({"current": store.current, "storage": vars(store.storage), "runs": await store.summaries()})


@router.get("/runs/{id}", responses=documented(404, 503))
async def read_run(id: RunId, store: StoreOf) -> RunDetail:
    """One run's summary, series, configuration, and the command that begins it anew."""
    found = await store.detail(id)
    if found is None:
        raise HTTPException(404, f"run {id} is not kept here; GET /api/v1/runs lists those that are")
    return RunDetail.model_validate(found)
