"""Values that change with the progress of a training."""

from __future__ import annotations


def linear(start: float, end: float, share: float, progress: float) -> float:
    """The value at `progress` in [0, 1]: falls (or rises) from start to end over the first `share`, then stays."""
    return start + (end - start) * min(1.0, progress / share)
