"""GET map: what stands still: the area, its roads and the sites."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from hiercoop.mobility import urban_grid
from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Reading, freshness

LANES_PER_ROAD = 4


class Area(Answer):
    """A rectangle; x grows to the east, y to the north."""

    min_x_m: float = Field(examples=[0.0])
    min_y_m: float = Field(examples=[0.0])
    max_x_m: float = Field(examples=[1299.0])
    max_y_m: float = Field(examples=[750.0])


class Road(Answer):
    """A straight road by its centre line."""

    x1_m: float = Field(examples=[433.0])
    y1_m: float = Field(examples=[0.0])
    x2_m: float = Field(examples=[433.0])
    y2_m: float = Field(examples=[750.0])
    width_m: float = Field(examples=[14.0])


class Site(Answer):
    """A base station."""

    cell: int = Field(description="num_cells is the macro cell", examples=[0])
    kind: Literal["sbs", "mbs"]
    x_m: float = Field(examples=[433.0])
    y_m: float = Field(examples=[250.0])


class Map(Reading):
    """What stands still in this run; ask again when run_epoch changes, or seen_version does."""

    mobility: Literal["drop", "grid", "trace"] | None = Field(description="null: no run known")
    area: Area | None = Field(description="On a trace: where vehicles and sites were so far; it grows")
    is_torus: bool = Field(description="Vehicles that leave the area re-enter opposite")
    roads: list[Road] = Field(description="Empty on a trace, whose roads nobody told")
    sites: list[Site]
    seen_x_m: list[float] = Field(description="On a trace: places where vehicles were seen, 5 m apart; a picture of the roads")
    seen_y_m: list[float]
    seen_version: int = Field(description="Rises as more places are seen", examples=[0])


router = APIRouter()


@router.get("/map")
async def read_map(board: BoardOf) -> Map:
    """The area, its roads and the sites."""
    return map_of(board)


def map_of(board: Board) -> Map:
    """The map as the board knows it now."""
    run = board.run
    is_grid = run is not None and run.config.scenario.mobility.kind != "trace"
    return Map.model_validate(
        {
            **freshness(board),
            "mobility": run.config.scenario.mobility.kind if run else None,
            "area": _grid_area() if is_grid else _seen_area(run) if run else None,
            "is_torus": is_grid,
            "roads": _grid_roads() if is_grid else [],
            "sites": _sites(run) if run else [],
            "seen_x_m": [] if run is None or is_grid else run.seen.x_m,
            "seen_y_m": [] if run is None or is_grid else run.seen.y_m,
            "seen_version": 0 if run is None or is_grid else len(run.seen),
        }
    )


def _grid_area() -> Area:
    width_m, height_m = urban_grid.AREA_M.tolist()
    return Area(min_x_m=0.0, min_y_m=0.0, max_x_m=width_m, max_y_m=height_m)


def _grid_roads() -> list[Road]:
    width_m, height_m = urban_grid.AREA_M.tolist()
    block_x_m, block_y_m = urban_grid.BLOCK_M.tolist()
    road_m = LANES_PER_ROAD * float(urban_grid.LANE_OFFSETS_M[1] - urban_grid.LANE_OFFSETS_M[0])
    lines = range(urban_grid.NUM_BLOCKS + 1)
    along_y = [Road(x1_m=n * block_x_m, y1_m=0.0, x2_m=n * block_x_m, y2_m=height_m, width_m=road_m) for n in lines]
    along_x = [Road(x1_m=0.0, y1_m=n * block_y_m, x2_m=width_m, y2_m=n * block_y_m, width_m=road_m) for n in lines]
    return along_y + along_x


def _seen_area(run: Run) -> Area:
    x_m = [*run.seen.x_m, *(site.x_m for site in _sites(run))]
    y_m = [*run.seen.y_m, *(site.y_m for site in _sites(run))]
    return Area(min_x_m=min(x_m), min_y_m=min(y_m), max_x_m=max(x_m), max_y_m=max(y_m))


def _sites(run: Run) -> list[Site]:
    told = run.response
    sbs = [Site(cell=cell.cell, kind="sbs", x_m=cell.x_m, y_m=cell.y_m) for cell in told.cells]
    return [*sbs, Site(cell=len(told.cells), kind="mbs", x_m=told.mbs_x_m, y_m=told.mbs_y_m)]
