"""The last allocation of a cell, by vehicle, for when no new one comes."""

from __future__ import annotations

from collections.abc import Sequence


class HeldAllocation:
    """What each vehicle of one cell was last given; a vehicle without one uses its own SBS and band = slot mod M."""

    def __init__(self, num_vehicles: int, num_bands: int) -> None:
        self._default = [vehicle % num_bands for vehicle in range(num_vehicles)]
        self._choice_of: dict[str, int] = {}

    def remember(self, vehicle_ids: Sequence[str | None], choice: Sequence[int]) -> None:
        """Replaces what is held by this slot's allocation; vehicles that are gone are forgotten."""
        self._choice_of = {vehicle: chosen for vehicle, chosen in zip(vehicle_ids, choice, strict=True) if vehicle is not None}

    def choices(self, vehicle_ids: Sequence[str | None]) -> list[int]:
        """The choice of each vehicle slot, in order."""
        return [
            self._choice_of.get(vehicle, default) if vehicle is not None else default
            for vehicle, default in zip(vehicle_ids, self._default, strict=True)
        ]
