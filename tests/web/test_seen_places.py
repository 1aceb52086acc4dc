"""Places where vehicles were seen draw the roads of a trace, and stay bounded."""

from __future__ import annotations

from hiercoop.rpc.v1.channel_sim_service_pb2 import VehicleSnapshot
from services.upper_edge.web import seen_places
from services.upper_edge.web.seen_places import SeenPlaces


def test_a_place_is_kept_once_however_often_it_is_passed() -> None:
    seen = SeenPlaces()
    for x_m in (100.0, 101.0, 102.0, 104.0, 106.0, 101.0):
        seen.add([VehicleSnapshot(x_m=x_m, y_m=50.0)])
    assert list(zip(seen.x_m, seen.y_m, strict=True)) == [(100.0, 50.0), (105.0, 50.0)]


def test_places_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(seen_places, "MAX_PLACES", 10)
    seen = SeenPlaces()
    seen.add(VehicleSnapshot(x_m=5.0 * index, y_m=0.0) for index in range(100))
    assert len(seen) == len(seen.x_m) == 10
