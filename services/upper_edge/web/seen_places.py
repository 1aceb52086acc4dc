"""Where vehicles were seen in a run: with time, a picture of roads that nobody told of."""

from __future__ import annotations

from collections.abc import Iterable

from hiercoop.rpc.v1.channel_sim_service_pb2 import VehicleSnapshot

GRID_M = 5.0
MAX_PLACES = 20_000


class SeenPlaces:
    """Places on a 5 m grid, at most 20,000 of them, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], None] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, vehicles: Iterable[VehicleSnapshot]) -> None:
        """Takes in where these vehicles are."""
        for vehicle in vehicles:
            if len(self._places) < MAX_PLACES:
                self._places[round(vehicle.x_m / GRID_M), round(vehicle.y_m / GRID_M)] = None

    @property
    def x_m(self) -> list[float]:
        """East coordinate of each place."""
        return [column * GRID_M for column, _ in self._places]

    @property
    def y_m(self) -> list[float]:
        """North coordinate of each place."""
        return [row * GRID_M for _, row in self._places]
