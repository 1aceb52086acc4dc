"""How long something took, over its latest occurrences."""

from __future__ import annotations

from collections import deque

import numpy as np

WINDOW = 1000
PERCENTILES = (50, 95, 99)


class LatencyWindow:
    """The latest thousand durations [s]."""

    def __init__(self) -> None:
        self._durations_s: deque[float] = deque(maxlen=WINDOW)

    def add(self, duration_s: float) -> None:
        """Takes in one duration."""
        self._durations_s.append(duration_s)

    def percentiles_s(self) -> list[float]:
        """p50, p95 and p99 [s]; empty while nothing has happened."""
        if not self._durations_s:
            return []
        return [float(value) for value in np.percentile(list(self._durations_s), PERCENTILES)]
