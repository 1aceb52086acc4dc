"""When an option of one cell ends, whether that is reported, and what follows it.

Synchronous options take effect in the slot that reported. Asynchronous ones take effect `option_delay_slots` after it in
lock-step, and in the next slot after their arrival in real time; meanwhile the old option stays in force.
A policy's only option never ends and is never reported: the edge could but confirm it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hiercoop.config.run import RunConfig
from hiercoop.execution.bundle import Manifest
from hiercoop.rpc.v1.channel_sim_service_pb2 import OptionState
from hiercoop.rpc.v1.upper_edge_service_pb2 import OptionDecision
from hiercoop.seeding import keyed_uniform


@dataclass
class _Pending:
    """A reported termination on its way to the next option."""

    report_slot: int
    due_slot: int
    expiry_slot: int
    """From this slot on the cell no longer waits."""
    decision: OptionDecision | None = None


class OptionClock:
    """The option in force in one cell, and the termination that is on its way."""

    def __init__(self, manifest: Manifest, cell: int, run: RunConfig) -> None:
        self.option = manifest.default_option
        self.since_slot = 0
        self._has_ended = False
        self._has_alternatives = manifest.dimensions.options > 1
        self._manifest = manifest
        self._cell = cell
        self._run = run
        # Clocks are staggered by cell, or all cells would end their first option, and so each later one, together.
        longest = manifest.max_option_slots
        self._limit_slots = max(1, longest - cell * longest // run.scenario.num_sbs)
        self._pending: _Pending | None = None

    def begin(self, slot: int, state: OptionState) -> None:
        """Starts a slot: an asynchronous option that is due takes effect, or the cell stops waiting for it."""
        pending = self._pending
        if pending is None or slot < pending.due_slot:
            return
        if pending.decision is not None:
            self._follow(pending.decision, slot, state)
        elif slot >= pending.expiry_slot:
            self._go_local(slot, state)

    def ends(self, slot: int, termination_prob: float, is_forced: bool) -> bool:
        """Whether the option ends at the start of this slot.

        Forced or where a periodic report is due; without such reports at its maximum length or by beta (13).
        """
        if not self._has_alternatives:
            return False
        if is_forced:
            self._pending = None
            self._has_ended = True
            return True
        if self._has_ended:
            return False
        if self._run.reporting == "on-termination":
            age_slots = slot - self.since_slot
            self._has_ended = age_slots >= 1 and (age_slots >= self._limit_slots or self._draw(slot, termination_prob))
        else:
            self._has_ended = self._is_periodic(slot)
        return self._has_ended

    def reports(self, slot: int, is_forced: bool) -> bool:
        """Whether this slot asks for a report; a termination that it carries becomes pending."""
        if not self._has_alternatives:
            return False
        if self._run.reporting == "on-termination":
            is_due = self._has_ended and self._pending is None
        else:
            is_due = is_forced or self._is_periodic(slot)
        if is_due and self._has_ended and self._pending is None:
            due = slot + self._run.option_delay_slots if self._run.options == "asynchronous" else slot
            self._pending = _Pending(slot, due, due + self._patience_slots())
        return is_due

    def is_termination_of(self, slot: int) -> bool:
        """Whether the report of this slot says that the option ended."""
        return self._pending is not None and self._pending.report_slot == slot

    def take(self, decision: OptionDecision, slot: int, state: OptionState) -> bool:
        """Takes in a decision; False where its time is over. A confirmation changes nothing."""
        pending = self._pending
        if self._run.options == "synchronous" and decision.slot != slot:
            return False
        if pending is None or decision.slot != pending.report_slot:
            return decision.slot == slot
        pending.decision = decision
        if self._run.options == "synchronous":
            self._follow(decision, slot, state)
        elif self._run.pacing == "realtime":
            pending.due_slot = slot + 1
        return True

    def settle(self, slot: int, state: OptionState) -> None:
        """Ends the slot: a synchronous option that got no answer gives way to the default."""
        if self._run.options == "synchronous" and self._pending is not None:
            self._go_local(slot, state)

    def _is_periodic(self, slot: int) -> bool:
        return slot % self._run.period_slots == 0

    def _patience_slots(self) -> int:
        if self._run.options == "asynchronous" and self._run.pacing == "realtime":
            return math.ceil(self._run.edge_timeout_s / self._run.scenario.radio.slot_duration_s)
        return 0

    def _follow(self, decision: OptionDecision, slot: int, state: OptionState) -> None:
        state.is_partial = decision.is_partial
        self._start(decision.option, slot)

    def _go_local(self, slot: int, state: OptionState) -> None:
        state.is_local = True
        self._start(self._manifest.default_option, slot)

    def _start(self, option: int, slot: int) -> None:
        self.option = option
        self.since_slot = slot
        self._has_ended = False
        self._pending = None
        if slot > 0:
            self._limit_slots = self._manifest.max_option_slots

    def _draw(self, slot: int, termination_prob: float) -> bool:
        if self._manifest.terminations == "threshold":
            return termination_prob > 0.5
        return keyed_uniform(self._run.seed, "termination", self._cell, slot) < termination_prob
