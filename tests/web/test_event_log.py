"""The event log tells what changed between two answers of the simulator, once."""

from __future__ import annotations

from services.upper_edge.web.event_log import EventLog
from tests.web.scripted import ScriptedRun


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def seeing(run: ScriptedRun) -> tuple[EventLog, Clock]:
    """A log that has heard of the run once."""
    clock = Clock()
    log = EventLog(clock)
    log.see(run.response())
    return log, clock


def test_what_stays_the_same_is_told_once() -> None:
    run = ScriptedRun()
    log, _ = seeing(run)
    for _ in range(5):
        run.advance(10)
        log.see(run.response())
    assert [entry.text.partition(":")[0] for entry in log.entries] == ["urban-grid-1 is watched from here on"]


def test_an_agent_that_is_lost_and_comes_back_is_told_both_times_with_its_cell() -> None:
    run = ScriptedRun()
    log, _ = seeing(run)
    run.detached.add(1)
    run.cells[1].gaps += 1
    log.see(run.response())
    run.detached.clear()
    run.cells[1].attach_epoch += 1
    log.see(run.response())
    lost, back = list(log.entries)[-2:]
    assert (lost.source, lost.level) == ("cell 1", "warning")
    assert "without saying so" in lost.text
    assert back.text == "agent sbs-1/411 takes part"


def test_counts_that_rise_on_are_told_now_and_then_and_none_is_left_out() -> None:
    run = ScriptedRun()
    log, clock = seeing(run)
    for _ in range(101):
        clock.now_s += 0.1
        run.cells[2].missed_slots += 3
        log.see(run.response())
    told = [int(entry.text.split()[-1]) for entry in log.entries if "kept the last allocation" in entry.text]
    assert len(told) == 3
    assert told[0] == 3
    assert told == [3, 150, 150]


def test_another_run_begins_with_an_entry_and_no_false_changes() -> None:
    run = ScriptedRun()
    run.advance(500)
    run.cells[0].gaps = 4
    log, _ = seeing(run)
    log.see(ScriptedRun(run_epoch=2, state="paused").response())
    assert [entry.source for entry in log.entries] == ["run", "run"]
    assert log.entries[-1].text.startswith("urban-grid-2")


def test_the_log_keeps_the_latest_five_hundred_and_counts_on() -> None:
    log, _ = seeing(ScriptedRun())
    for number in range(700):
        log.add("info", "run", str(number))
    assert len(log.entries) == 500
    assert (log.latest_id, log.entries[-1].id, log.entries[0].id) == (701, 701, 202)
