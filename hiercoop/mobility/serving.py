"""Who is served: V vehicles of each SBS at a time, first come first served, rotating at each delivery round."""

from __future__ import annotations

from collections.abc import Sequence


class Serving:
    """The queue and the V vehicle slots of every SBS."""

    def __init__(self, num_sbs: int, num_vehicles_per_sbs: int) -> None:
        self._cell_of: dict[str, int] = {}
        self._slots: list[list[str | None]] = [[None] * num_vehicles_per_sbs for _ in range(num_sbs)]
        # Dictionaries as queues: in order of arrival, with removal from anywhere in constant time.
        self._waiting: list[dict[str, None]] = [{} for _ in range(num_sbs)]

    @property
    def links(self) -> list[str | None]:
        """Vehicle of each link, cell by cell; None where nobody is served."""
        return [vehicle for slots in self._slots for vehicle in slots]

    @property
    def num_waiting(self) -> list[int]:
        """Vehicles that wait at each SBS."""
        return [len(queue) for queue in self._waiting]

    @property
    def num_served(self) -> list[int]:
        """Vehicles that are served at each SBS."""
        return [sum(vehicle is not None for vehicle in slots) for slots in self._slots]

    def attach(self, vehicles: Sequence[str], cells: Sequence[int]) -> None:
        """Take note of where every vehicle on the road is attached now.

        A vehicle that left, or attached elsewhere, frees its slot, which stays empty until the next round; newcomers queue.
        """
        attached = dict(zip(vehicles, cells, strict=True))
        for vehicle, cell in self._cell_of.items():
            if attached.get(vehicle) != cell:
                self._remove(vehicle, cell)
        for vehicle, cell in attached.items():
            if self._cell_of.get(vehicle) != cell:
                self._waiting[cell][vehicle] = None
        self._cell_of = attached

    def begin_round(self) -> None:
        """The vehicles served so far go to the back of the queue and the next V are served; who stays keeps the slot."""
        for cell, slots in enumerate(self._slots):
            queue = self._waiting[cell]
            queue.update((vehicle, None) for vehicle in slots if vehicle is not None)
            chosen = list(queue)[: len(slots)]
            kept = [vehicle if vehicle in chosen else None for vehicle in slots]
            newcomers = iter([vehicle for vehicle in chosen if vehicle not in kept])
            self._slots[cell] = [vehicle if vehicle is not None else next(newcomers, None) for vehicle in kept]
            for vehicle in chosen:
                del queue[vehicle]

    def _remove(self, vehicle: str, cell: int) -> None:
        if vehicle in self._waiting[cell]:
            del self._waiting[cell][vehicle]
        else:
            slots = self._slots[cell]
            slots[slots.index(vehicle)] = None
