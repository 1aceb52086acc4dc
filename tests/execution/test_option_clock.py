"""A policy's only option is in force from the first slot to the last, and nobody is asked about it."""

from __future__ import annotations

import pytest

from hiercoop.config.run import Reporting, RunConfig
from hiercoop.execution.bundle import Manifest
from hiercoop.execution.option_clock import OptionClock
from hiercoop.rpc.v1.channel_sim_service_pb2 import OptionState
from tests.execution.scenes import bundle, scenario

SLOTS = 40


def reports_and_states(num_options: int, **modes: object) -> tuple[list[int], list[OptionState], OptionClock]:
    """Slots that asked for a report of a cell that gets no answer, and what each slot said of the option."""
    sizes = bundle().manifest.dimensions.model_copy(update={"options": num_options})
    manifest: Manifest = bundle().manifest.model_copy(update={"dimensions": sizes, "max_option_slots": 5})
    clock = OptionClock(manifest, 1, RunConfig.model_validate({"scenario": scenario(), **modes}))
    reported, states = [], []
    for slot in range(SLOTS):
        state = OptionState()
        clock.begin(slot, state)
        is_forced = slot in (0, 20)
        state.terminated = clock.ends(slot, 0.5, is_forced)
        if clock.reports(slot, is_forced):
            reported.append(slot)
        clock.settle(slot, state)
        states.append(state)
    return reported, states, clock


@pytest.mark.parametrize("reporting", ["every-slot", "periodic", "on-termination"])
@pytest.mark.parametrize("options", ["synchronous", "asynchronous"])
def test_a_single_option_never_ends_and_is_never_reported(reporting: Reporting, options: str) -> None:
    reported, states, clock = reports_and_states(1, reporting=reporting, options=options)
    assert reported == []
    assert not any(state.terminated or state.is_local for state in states)
    assert (clock.option, clock.since_slot) == (0, 0)


def test_two_options_end_and_are_reported() -> None:
    reported, states, _ = reports_and_states(2)
    assert reported[0] == 0
    assert 20 in reported
    assert any(state.is_local for state in states)


@pytest.mark.parametrize("options", ["synchronous", "asynchronous"])
@pytest.mark.parametrize(("reporting", "period_slots"), [("every-slot", 1), ("periodic", 7)])
def test_an_option_ends_where_a_periodic_report_is_due_and_nowhere_else(
    reporting: Reporting, period_slots: int, options: str
) -> None:
    reported, states, _ = reports_and_states(2, reporting=reporting, report_period_slots=7, options=options)
    assert reported == [slot for slot in range(SLOTS) if slot % period_slots == 0 or slot == 20]
    assert [slot for slot, state in enumerate(states) if state.terminated] == reported


def test_a_termination_on_its_way_is_not_reported_again() -> None:
    reported, states, _ = reports_and_states(2, reporting="every-slot", options="asynchronous", option_delay_slots=3)
    assert reported == list(range(SLOTS))
    ended = [slot for slot, state in enumerate(states) if state.terminated]
    assert ended == [*range(0, 20, 3), *range(20, SLOTS, 3)]
