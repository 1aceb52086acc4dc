"""What happened, as this process saw it: what differs between one answer of the simulator and the next."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hiercoop.rpc.v1.channel_sim_service_pb2 import CellSnapshot, WatchResponse

KEPT_ENTRIES = 500
REPEAT_AFTER_S = 5.0
"""Counts that go on rising are told once in so long."""

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Entry:
    """One event."""

    id: int
    at_unix_s: float
    level: Level
    source: str
    text: str
    run_epoch: int | None
    slot: int | None


class EventLog:
    """The latest 500 events."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self.latest_id = 0
        self._clock = clock
        self._told_at_s: dict[tuple[str, str], float] = {}
        self._untold: Counter[tuple[str, str]] = Counter()
        self._seen: WatchResponse | None = None

    def add(self, level: Level, source: str, text: str) -> None:
        """Notes one event."""
        self.latest_id += 1
        epoch, slot = (None, None) if self._seen is None else (self._seen.run_epoch, self._seen.slot)
        self.entries.append(Entry(self.latest_id, self._clock(), level, source, text, epoch, slot))

    def see(self, told: WatchResponse) -> None:
        """Notes what is new in an answer of the simulator."""
        before, self._seen = self._seen, told
        if before is None or before.run_uid != told.run_uid or before.run_epoch != told.run_epoch:
            policy = told.policy_digest[:8] or "none"
            self.add("info", "run", f"{told.run_id} is watched from here on: seed {told.seed}, policy {policy}")
            self._untold.clear()
            return
        self._see_run(before, told)
        for cell_before, cell in zip(before.cells, told.cells, strict=False):
            self._see_cell(cell_before, cell)

    def _see_run(self, before: WatchResponse, told: WatchResponse) -> None:
        if before.state != told.state:
            self.add("info", "run", f"{before.state} before, {told.state} now")
        if before.payload_bytes != told.payload_bytes:
            self.add("info", "run", f"payload {told.payload_bytes:g} bytes from the next delivery round on")
        if before.is_reproducible and not told.is_reproducible:
            self.add("warning", "run", "it can no longer be repeated bit for bit")
        if told.last_error and told.last_error != before.last_error:
            self.add("error", "channel_sim", told.last_error)
        self._see_rise("run", "slots that ran late", told.late_slots - before.late_slots)
        self._see_rise(
            "run", "messages that came stale, repeated or misdirected", told.dropped_messages - before.dropped_messages
        )

    def _see_cell(self, before: CellSnapshot, cell: CellSnapshot) -> None:
        source = f"cell {cell.cell}"
        if cell.gaps > before.gaps:
            self.add("warning", source, f"its agent {before.agent} left without saying so")
        elif before.is_attached and not cell.is_attached:
            self.add("info", source, f"its agent {before.agent} left")
        if cell.is_attached and (not before.is_attached or cell.attach_epoch != before.attach_epoch):
            self.add("info", source, f"agent {cell.agent} takes part")
        if before.health.is_edge_connected != cell.health.is_edge_connected and cell.is_attached:
            connected = cell.health.is_edge_connected
            self.add("info" if connected else "warning", source, "has the edge again" if connected else "has lost the edge")
        self._see_rise(source, "slots that kept the last allocation", cell.missed_slots - before.missed_slots)
        if cell.health.is_edge_connected:
            self._see_rise(
                source, "decisions that did not come in time", cell.health.edge_timeouts - before.health.edge_timeouts
            )

    def _see_rise(self, source: str, what: str, rise: int) -> None:
        key, now_s = (source, what), self._clock()
        # A counter of the agent's begins again with each attach.
        self._untold[key] += max(rise, 0)
        if self._untold[key] == 0 or now_s - self._told_at_s.get(key, -REPEAT_AFTER_S) < REPEAT_AFTER_S:
            return
        self._told_at_s[key] = now_s
        self.add("warning", source, f"{what}: {self._untold.pop(key)}")
