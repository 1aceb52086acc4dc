"""GET vehicles: where everybody is, and what each link of the latest slot carried."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from hiercoop.rpc.v1.channel_sim_service_pb2 import VehicleSnapshot
from services.upper_edge.web.access import BoardOf
from services.upper_edge.web.board import Board, Run
from services.upper_edge.web.models import Answer, Reading, freshness


class ServedLink(Answer):
    """One vehicle that has a link; the figures are those of the latest slot."""

    link: int = Field(description="cell * vehicles per cell + vehicle slot", examples=[4])
    vehicle: int = Field(description="Index into the lists of vehicles", examples=[11])
    cell: int = Field(description="Small cell that allocates it", examples=[1])
    station: int | None = Field(description="Receiving station; num_cells is the macro cell; null: silent", examples=[1])
    band: int | None = Field(description="Sub-band, from 0; null: silent", examples=[2])
    capacity_bps: float | None = Field(description="null: the vehicle got the link after the latest slot", examples=[6.1e6])
    payload_left_bits: float | None = Field(description="null as above", examples=[220_000.0])
    is_active: bool = Field(description="It sent in the latest slot")


class Vehicles(Reading):
    """All vehicles, list by list in the same order, and the links of those that are served."""

    id: list[str] = Field(examples=[["vehicle-0"]])
    x_m: list[float] = Field(examples=[[434.8]])
    y_m: list[float] = Field(examples=[[120.0]])
    heading_deg: list[float] = Field(description="Clockwise from north", examples=[[90.0]])
    cell: list[int] = Field(description="Small cell that serves the vehicle; -1: it waits", examples=[[0]])
    links: list[ServedLink]


router = APIRouter()


@router.get("/vehicles")
async def read_vehicles(board: BoardOf) -> Vehicles:
    """Every vehicle's place and heading, and its link if it has one."""
    return vehicles_of(board)


def vehicles_of(board: Board) -> Vehicles:
    """The vehicles as the board knows them now."""
    run = board.run
    told = list(run.response.vehicles) if run else []
    per_cell = run.config.scenario.num_vehicles_per_sbs if run else 1
    return Vehicles.model_validate(
        {
            **freshness(board),
            "id": [vehicle.id for vehicle in told],
            "x_m": [round(vehicle.x_m, 1) for vehicle in told],
            "y_m": [round(vehicle.y_m, 1) for vehicle in told],
            "heading_deg": [round(vehicle.heading_deg, 1) for vehicle in told],
            "cell": [vehicle.link // per_cell if vehicle.link >= 0 else -1 for vehicle in told],
            "links": [_link(run, index, one) for index, one in enumerate(told) if one.link >= 0] if run else [],
        }
    )


def _link(run: Run, index: int, vehicle: VehicleSnapshot) -> ServedLink:
    is_measured = vehicle.is_measured
    return ServedLink(
        link=vehicle.link,
        vehicle=index,
        cell=vehicle.link // run.config.scenario.num_vehicles_per_sbs,
        station=vehicle.station if vehicle.is_active else None,
        band=vehicle.band if vehicle.is_active else None,
        capacity_bps=vehicle.capacity_bps if is_measured else None,
        payload_left_bits=vehicle.payload_left_bits if is_measured else None,
        is_active=vehicle.is_active,
    )
