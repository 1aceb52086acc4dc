"""A tick every slot of wall time, on an absolute schedule."""

from __future__ import annotations

from collections.abc import Callable

from hiercoop.execution.simulator import Simulator
from hiercoop.rpc.wall_timer import WallTimer


class Pacer:
    """Calls `on_tick(missed)` once a slot of the run in hand: `missed` is how many slots went by without a call."""

    def __init__(self, simulator: Simulator, on_tick: Callable[[int], None]) -> None:
        self._simulator = simulator
        self._on_tick = on_tick
        self._period_s = 0.0
        self._timer = WallTimer(self._tick)
        self._follow_run()

    def stop(self) -> None:
        """Ends the ticks."""
        self._timer.stop()

    def _tick(self, expirations: int) -> None:
        self._on_tick(expirations - 1)
        self._follow_run()

    def _follow_run(self) -> None:
        """Another scenario may have another slot duration."""
        period_s = self._simulator.emulation.run.scenario.radio.slot_duration_s
        if period_s != self._period_s:
            self._period_s = period_s
            self._timer.every(period_s)
