"""What a stream may send, and when a server counts as overloaded."""

from __future__ import annotations

from hiercoop.rpc.admission import BURST_S, PATIENCE_WINDOWS, RETRY_S, WINDOW_S, OverloadWatch, RateLimit


def test_a_stream_at_its_rate_is_never_refused() -> None:
    limit = RateLimit(100.0)
    assert all(limit.wait_s(1000.0 + 0.01 * number) == 0.0 for number in range(1000))


def test_a_stream_above_its_rate_is_refused_and_told_how_long_to_wait() -> None:
    limit = RateLimit(100.0)
    taken = sum(limit.wait_s(1000.0) == 0.0 for _ in range(1000))
    assert taken == round(100.0 * BURST_S)
    wait_s = limit.wait_s(1000.0)
    assert 0.0 < wait_s <= 0.011
    assert limit.wait_s(1000.0 + wait_s) == 0.0


def watched(lost_shares: list[float]) -> tuple[OverloadWatch, list[bool], float]:
    watch, taken, lost, now_s, found = OverloadWatch(), 0, 0, 100.0, []
    watch.note(0, 0, now_s)
    for share in lost_shares:
        now_s += WINDOW_S
        taken += 1000
        lost += round(1000 * share)
        found.append(watch.note(taken, lost, now_s))
    return watch, found, now_s


def test_a_pause_of_the_machine_is_no_overload() -> None:
    _, found, _ = watched([0.0, 0.9, 0.9, 0.0, 0.9, 0.0])
    assert not any(found)


def test_falling_behind_for_long_is_an_overload_until_it_is_over() -> None:
    watch, found, now_s = watched([0.5] * (PATIENCE_WINDOWS + 1))
    assert found == [False] * (PATIENCE_WINDOWS - 1) + [True, True]
    assert watch.is_overloaded(now_s)
    assert not watch.is_overloaded(now_s + RETRY_S)
    assert not watch.note(10_000, 5000, now_s + WINDOW_S) or watch.is_overloaded(now_s + WINDOW_S)
