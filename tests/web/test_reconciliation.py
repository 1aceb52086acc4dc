"""Two accounts of the same messages, read at different times."""

from __future__ import annotations

from hiercoop.execution.reconciliation import Discrepancy, discrepancies
from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount


def reports(messages: int, cell: int = 0, attach_epoch: int = 1) -> SignallingCount:
    return SignallingCount(
        cell=cell,
        attach_epoch=attach_epoch,
        type="FeatureReport",
        is_up=True,
        messages=messages,
        payload_bytes=10 * messages,
        frames=messages,
    )


def test_an_edge_that_was_read_between_two_readings_of_the_agents_agrees_with_them() -> None:
    assert discrepancies([reports(100)], [reports(107)], [reports(130)]) == []


def test_messages_that_the_edge_never_saw_are_positive() -> None:
    assert discrepancies([reports(100)], [reports(90)], [reports(130)]) == [Discrepancy(0, "FeatureReport", True, 10, 100)]


def test_messages_that_the_agents_lost_count_of_are_negative() -> None:
    assert discrepancies([reports(100)], [reports(133)], [reports(130)]) == [Discrepancy(0, "FeatureReport", True, -3, -30)]


def test_an_agent_that_died_and_came_back_is_compared_over_both_attaches() -> None:
    agents = [reports(100), reports(20, attach_epoch=2)]
    assert discrepancies(agents, [reports(100), reports(20, attach_epoch=2)], agents) == []
    found = discrepancies(agents, [reports(104), reports(20, attach_epoch=2)], agents)
    assert [one.messages for one in found] == [-4]


def test_what_the_edge_counted_in_an_earlier_run_is_left_out() -> None:
    agents = [reports(20, attach_epoch=2)]
    assert discrepancies(agents, [reports(999), reports(20, attach_epoch=2)], agents) == []


def test_cells_are_compared_one_by_one() -> None:
    agents = [reports(10, cell=0), reports(10, cell=1)]
    found = discrepancies(agents, [reports(12, cell=0), reports(8, cell=1)], agents)
    assert [(one.cell, one.messages) for one in found] == [(0, -2), (1, 2)]


def test_what_an_ended_attach_left_open_is_seen_while_the_next_one_goes_on() -> None:
    before, after = [reports(100), reports(20, attach_epoch=2)], [reports(100), reports(90, attach_epoch=2)]
    found = discrepancies(before, [reports(101), reports(50, attach_epoch=2)], after)
    assert [one.messages for one in found] == [-1]
