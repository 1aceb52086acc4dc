"""What a server takes in and what it refuses: a rate for each stream, and a bound beyond which it would fall behind."""

from __future__ import annotations

BURST_S = 0.25
"""A stream may be this far ahead of its rate, so that a pause of its machine costs it nothing."""
ROUNDING = 1e-6
"""Of a message: less than this is not missing."""
WINDOW_S = 0.5
MAX_LOST_SHARE = 0.2
PATIENCE_WINDOWS = 4
"""Windows in a row that make an overload: a machine that pauses for a moment is none."""
RETRY_S = 2.0
"""When those who were refused may come back."""


class RateLimit:
    """The messages of one stream: so many a second, and no more in a burst than a quarter of a second's."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._most = max(1.0, rate_hz * BURST_S)
        self._credit = self._most
        self._seen_s = 0.0

    def wait_s(self, now_s: float) -> float:
        """Seconds until a message may come; 0 where it may now, and then it counts."""
        self._credit = min(self._most, self._credit + (now_s - self._seen_s) * self._rate_hz)
        self._seen_s = now_s
        missing = 1.0 - self._credit
        if missing > ROUNDING:
            return missing / self._rate_hz
        self._credit -= 1.0
        return 0.0


class OverloadWatch:
    """Whether a server falls behind, by how many messages were overtaken by later ones before their turn came."""

    def __init__(self) -> None:
        self._taken = 0
        self._lost = 0
        self._began_s = 0.0
        self._bad_windows = 0

    def note(self, taken: int, lost: int, now_s: float) -> bool:
        """Takes in cumulative counts; True at the end of each window that finds the server overloaded."""
        if now_s - self._began_s < WINDOW_S:
            return False
        new_taken, new_lost = taken - self._taken, lost - self._lost
        self._taken, self._lost, self._began_s = taken, lost, now_s
        self._bad_windows = self._bad_windows + 1 if new_lost > MAX_LOST_SHARE * new_taken else 0
        return self._bad_windows >= PATIENCE_WINDOWS

    def is_overloaded(self, now_s: float) -> bool:
        """Whether it was overloaded a moment ago."""
        return self._bad_windows >= PATIENCE_WINDOWS and now_s - self._began_s < RETRY_S
