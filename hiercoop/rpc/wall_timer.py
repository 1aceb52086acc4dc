"""Calls at given times of the wall clock, from the kernel's timer.

asyncio's own sleep is late by half a millisecond at the median, which is half a slot; a timerfd on uvloop by 0.04 ms.
Python 3.11 has no binding for it, hence ctypes.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable

CLOCK_MONOTONIC = 1
TFD_TIMER_ABSTIME = 1
NS_PER_S = 1_000_000_000


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


class WallTimer:
    """Calls `on_due(count)` in the running event loop: `count` is how often it fell due since the last call."""

    def __init__(self, on_due: Callable[[int], None]) -> None:
        self._on_due = on_due
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._fd, self._expire)

    def every(self, period_s: float) -> None:
        """Falls due once a period from now on, on an absolute schedule."""
        period = _timespec(period_s)
        self._set(0, _Itimerspec(period, period))

    def at(self, monotonic_s: float) -> None:
        """Falls due once, at this time of `time.monotonic`; at once where it is over."""
        self._set(TFD_TIMER_ABSTIME, _Itimerspec(_timespec(0.0), _timespec(monotonic_s)))

    def stop(self) -> None:
        """Falls due no more."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def _expire(self) -> None:
        self._on_due(int.from_bytes(os.read(self._fd, 8), "little"))

    def _set(self, flags: int, times: _Itimerspec) -> None:
        if self._libc.timerfd_settime(self._fd, flags, ctypes.byref(times), None) < 0:
            raise OSError(ctypes.get_errno(), "the wall timer cannot be set")


def _timespec(seconds: float) -> _Timespec:
    return _Timespec(*divmod(round(seconds * NS_PER_S), NS_PER_S))
