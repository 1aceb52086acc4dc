"""A tick every slot of wall time, on an absolute schedule, from the kernel's timer.

asyncio's own sleep is late by half a millisecond at the median, which is half a slot; a timerfd on uvloop by 0.04 ms.
Python 3.11 has no binding for it, hence ctypes.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable

from hiercoop.execution.simulator import Simulator

CLOCK_MONOTONIC = 1
NS_PER_S = 1_000_000_000


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


class Pacer:
    """Calls `on_tick(missed)` once a slot of the run in hand: `missed` is how many slots went by without a call."""

    def __init__(self, simulator: Simulator, on_tick: Callable[[int], None]) -> None:
        self._simulator = simulator
        self._on_tick = on_tick
        self._period_s = 0.0
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        self._follow_run()
        asyncio.get_running_loop().add_reader(self._fd, self._expire)

    def stop(self) -> None:
        """Ends the ticks."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def _expire(self) -> None:
        expirations = int.from_bytes(os.read(self._fd, 8), "little")
        self._on_tick(expirations - 1)
        self._follow_run()

    def _follow_run(self) -> None:
        """Another scenario may have another slot duration."""
        period_s = self._simulator.emulation.run.scenario.radio.slot_duration_s
        if period_s == self._period_s:
            return
        self._period_s = period_s
        seconds, nanoseconds = divmod(round(period_s * NS_PER_S), NS_PER_S)
        period = _Timespec(seconds, nanoseconds)
        if self._libc.timerfd_settime(self._fd, 0, ctypes.byref(_Itimerspec(period, period)), None) < 0:
            raise OSError(ctypes.get_errno(), "the timer of the slot clock cannot be set")
