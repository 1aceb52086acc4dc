"""Queues at the SBSs: first come first served, rotating at each round."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hiercoop.mobility.serving import Serving


def test_vehicles_are_served_in_order_of_arrival_and_rotate() -> None:
    serving = Serving(1, 2)
    serving.attach(["a", "b", "c", "d", "e"], [0] * 5)
    assert serving.links == [None, None]
    served = []
    for _ in range(5):
        serving.begin_round()
        served.append(set(serving.links))
    assert served == [{"a", "b"}, {"c", "d"}, {"e", "a"}, {"b", "c"}, {"d", "e"}]


def test_newcomers_wait_behind_those_who_were_there() -> None:
    serving = Serving(1, 1)
    serving.attach(["a", "b"], [0, 0])
    serving.begin_round()
    serving.attach(["new", "a", "b"], [0, 0, 0])
    order = []
    for _ in range(3):
        serving.begin_round()
        order.append(serving.links[0])
    # "a" was served when "new" came, so it queues behind it
    assert order == ["b", "new", "a"]


def test_a_vehicle_that_leaves_or_changes_cell_frees_its_slot_until_the_next_round() -> None:
    serving = Serving(2, 2)
    serving.attach(["a", "b", "c", "d"], [0, 0, 0, 1])
    serving.begin_round()
    assert serving.links == ["a", "b", "d", None]
    serving.attach(["b", "c", "d"], [1, 0, 1])
    assert serving.links == [None, None, "d", None]
    assert (serving.num_served, serving.num_waiting) == ([0, 1], [1, 1])
    serving.begin_round()
    assert serving.links == ["c", None, "d", "b"]


def test_a_vehicle_that_goes_on_being_served_keeps_its_slot() -> None:
    serving = Serving(1, 3)
    serving.attach(["a", "b", "c"], [0, 0, 0])
    serving.begin_round()
    serving.attach(["b", "c"], [0, 0])
    serving.begin_round()
    assert serving.links == [None, "b", "c"]


@settings(max_examples=20)
@given(st.lists(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 2)), max_size=12), st.integers(1, 4))
def test_everyone_on_the_road_is_served_or_waits_exactly_once(steps: list[dict[str, int]], num_slots: int) -> None:
    serving = Serving(3, num_slots)
    for attached in steps:
        serving.attach(list(attached), list(attached.values()))
        serving.begin_round()
        served = [name for name in serving.links if name is not None]
        assert len(served) == len(set(served))
        for link, name in enumerate(serving.links):
            assert name is None or attached[name] == link // num_slots
        for cell in range(3):
            there = sum(1 for value in attached.values() if value == cell)
            assert serving.num_served[cell] == min(there, num_slots)
            assert serving.num_waiting[cell] == there - serving.num_served[cell]


@settings(max_examples=25)
@given(st.integers(1, 9), st.integers(1, 4))
def test_within_one_rotation_everyone_is_served(num_vehicles: int, num_slots: int) -> None:
    serving = Serving(1, num_slots)
    names = [f"v{index}" for index in range(num_vehicles)]
    serving.attach(names, [0] * num_vehicles)
    seen: set[str | None] = set()
    for _ in range(-(-num_vehicles // num_slots)):
        serving.begin_round()
        seen.update(serving.links)
    assert set(names) <= seen
