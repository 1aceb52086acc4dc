"""What an agent does with each slot: observe, report, wait for the edge where that is the mode, allocate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hiercoop.config.run import RunConfig
from hiercoop.execution.local_agent import LocalAgent
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation
from hiercoop.rpc.v1.upper_edge_service_pb2 import OptionDecision
from services.sbs_agent.edge_link import EdgeLink


class SlotWork:
    """The slots of one attach; `answer` sends an allocation to the simulator. It never waits longer than it may."""

    def __init__(
        self, agent: SbsAgent | LocalAgent, run: RunConfig, link: EdgeLink, answer: Callable[[Allocation], None]
    ) -> None:
        self._agent = agent
        self._link = link
        self._answer = answer
        # In real time an asynchronous option takes effect when it arrives; in lock-step it is awaited, to be reproducible.
        self._waits = run.options == "synchronous" or run.pacing == "lockstep"
        # In real time an answer is often late by a little, and keepalive finds an edge that is frozen.
        self._gives_up = run.pacing == "lockstep"
        self._timeout: asyncio.TimerHandle | None = None

    def observe(self, observation: SlotObservation) -> None:
        """Answers a slot, now or when the edge has; MessageError for an observation that is not this agent's."""
        self._finish()
        report = self._agent.begin_slot(observation)
        if report is None or not self._link.is_connected:
            self._answer(self._agent.allocate())
            return
        self._agent.note_sent(report)
        self._link.send(report)
        if not self._waits:
            self._answer(self._agent.allocate())
            return
        patience_us = min(report.budget_us, observation.budget_us)
        self._timeout = asyncio.get_running_loop().call_later(patience_us * 1e-6, self._give_up)

    def on_decision(self, decision: OptionDecision) -> None:
        """Takes in an option, and allocates if the slot waited for it."""
        if self._agent.accept(decision):
            self._finish()

    def on_edge_lost(self) -> None:
        """Allocates without the edge, if the slot waited for it."""
        self._finish()

    def stop(self) -> None:
        """Leaves the slot in hand unanswered."""
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _give_up(self) -> None:
        self._agent.health.edge_timeouts += 1
        self._finish()
        if self._gives_up:
            self._link.give_up()

    def _finish(self) -> None:
        if self._timeout is not None:
            self.stop()
            self._answer(self._agent.allocate())
