"""One SBS across slots: which option is in force, when it ends, what is reported, what is allocated. No I/O.

report = agent.begin_slot(observation)      # None: nothing to report
... send it: agent.note_sent(report); an answer came: agent.accept(decision) ...
allocation = agent.allocate()               # with no answer: holds, or goes local where the option has ended
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiercoop.config.run import RunConfig
from hiercoop.errors import MessageError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.edge_policy import hold_of
from hiercoop.execution.option_clock import OptionClock
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.sbs_memory import SbsMemory, no_memory
from hiercoop.execution.sbs_policy import SbsInference, SbsPolicy
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.execution.slot_input import SlotInput, read_observation
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import AgentHealth, Allocation, OptionState, SlotObservation, Welcome
from hiercoop.rpc.v1.upper_edge_service_pb2 import Dimensions, FeatureReport, OptionDecision, RegisterRequest
from hiercoop.seeding import keyed_generator

MAX_UNANSWERED = 64
"""Reports that may be on their way at a time; an older one's answer is stale."""


@dataclass
class _Slot:
    """The slot in hand, with what was inferred under `option`."""

    given: SlotInput
    memory: SbsMemory
    """What was carried into the slot."""
    inference: SbsInference
    option: int
    state: OptionState


class SbsAgent:
    """The lower layer of cell k, from one attach to the next."""

    def __init__(self, welcome: Welcome, run: RunConfig, bundle: PolicyBundle) -> None:
        bundle.check_scenario(run.scenario)
        self.cell = welcome.cell
        self.ledger = SignallingLedger()
        self.health = AgentHealth()
        self.edge_epoch = 0
        """Set from the edge's answer to the registration."""
        self._welcome = welcome
        self._run = run
        self._bundle = bundle
        self._policy = SbsPolicy(bundle, hold_of(run.reporting, run.period_slots))
        self._clock = OptionClock(bundle.manifest, self.cell, run)
        self._sequence = 0
        self._unanswered: deque[tuple[int, int]] = deque(maxlen=MAX_UNANSWERED)
        """Slot and sequence of reports on their way; each is answered at most once."""
        self._slot: _Slot | None = None

    def registration(self) -> RegisterRequest:
        """The handshake with the edge."""
        sizes = self._bundle.manifest.dimensions
        return RegisterRequest(
            protocol_version=PROTOCOL_VERSION,
            cell=self.cell,
            attach_epoch=self._welcome.attach_epoch,
            policy_digest=self._bundle.digest,
            dimensions=Dimensions(**sizes.agreed()),
            run=self._welcome.profile,
        )

    def record(self, message_type: str, is_up: bool, payload_bytes: int) -> None:
        """Counts one message between this SBS and the edge."""
        self.ledger.record(self.cell, self._welcome.attach_epoch, message_type, is_up, payload_bytes)

    def begin_slot(self, observation: SlotObservation) -> FeatureReport | None:
        """The report that this slot asks for, or None; MessageError for another cell, run, shape or an old slot."""
        last_slot = self._slot.given.slot if self._slot else -1
        given = read_observation(observation, self._welcome, self._run.scenario, last_slot)
        state = OptionState()
        self._clock.begin(given.slot, state)
        memory = self._memory_into_next()
        slot = _Slot(given, memory, self._infer(given, memory, self._clock.option), self._clock.option, state)
        self._slot = slot
        state.terminated = self._clock.ends(given.slot, float(slot.inference.termination[0]), observation.must_report)
        if not self._clock.reports(given.slot, observation.must_report):
            return None
        return self._make_report(slot, observation)

    def note_sent(self, report: FeatureReport) -> None:
        """Counts a report that went out."""
        self.record("FeatureReport", True, report.ByteSize())
        if self._slot is not None:
            self._slot.state.reported = True
            self._slot.state.features.CopyFrom(report.features)

    def accept(self, decision: OptionDecision) -> bool:
        """Takes an option from the edge; False for a stale, repeated or misdirected one, which is counted and dropped."""
        self.record("OptionDecision", False, decision.ByteSize())
        fits = (
            self._slot is not None
            and decision.cell == self.cell
            and decision.run_epoch == self._welcome.profile.run_epoch
            and decision.attach_epoch == self._welcome.attach_epoch
            and decision.edge_epoch == self.edge_epoch
            and (decision.slot, decision.sequence) in self._unanswered
            and decision.option < self._bundle.manifest.dimensions.options
            and self._clock.take(decision, self._slot.given.slot, self._slot.state)
        )
        if fits:
            self._unanswered.remove((decision.slot, decision.sequence))
        else:
            self.health.dropped_messages += 1
        return fits

    def allocate(self) -> Allocation:
        """The allocation of the slot in hand; where the option has ended without an answer, the cell decides by itself."""
        slot = self._slot
        if slot is None:
            raise MessageError(f"cell {self.cell} has no slot in hand; begin_slot comes before allocate")
        self._clock.settle(slot.given.slot, slot.state)
        if slot.option != self._clock.option:
            slot.option = self._clock.option
            slot.inference = self._infer(slot.given, slot.memory, slot.option)
        self.health.local_slots += slot.state.is_local
        slot.state.option = self._clock.option
        slot.state.option_since_slot = self._clock.since_slot
        slot.state.averages.CopyFrom(codec.encode_array(slot.inference.averages[0]))
        return Allocation(
            cell=self.cell,
            slot=slot.given.slot,
            run_epoch=self._welcome.profile.run_epoch,
            attach_epoch=self._welcome.attach_epoch,
            choice=codec.encode_array(slot.inference.choice[0].astype(np.int32)),
            state=slot.state,
            signalling=self.ledger.take_changed(),
            health=self.health,
        )

    def _memory_into_next(self) -> SbsMemory:
        if self._slot is None:
            return no_memory(1, self._bundle.manifest.dimensions.memory)
        return self._slot.memory.after(self._slot.inference.averages)

    def _infer(self, given: SlotInput, memory: SbsMemory, option: int) -> SbsInference:
        noise = None
        if self._bundle.manifest.actions == "sampled":
            generator = keyed_generator(self._run.seed, "action", self.cell, given.slot)
            noise = generator.gumbel(size=given.mask.shape).astype(np.float32)
        return self._policy.infer(given.local, given.mask, np.array([option], np.int64), memory, noise)

    def _make_report(self, slot: _Slot, observation: SlotObservation) -> FeatureReport:
        self._sequence += 1
        self._unanswered.append((slot.given.slot, self._sequence))
        return FeatureReport(
            cell=self.cell,
            slot=slot.given.slot,
            sequence=self._sequence,
            option=self._clock.option,
            option_since_slot=self._clock.since_slot,
            terminated=self._clock.is_termination_of(slot.given.slot),
            features=codec.encode_features(slot.inference.features[0], self._run.codec),
            roster=observation.roster,
            run_epoch=self._welcome.profile.run_epoch,
            attach_epoch=self._welcome.attach_epoch,
            edge_epoch=self.edge_epoch,
            budget_us=round(self._run.edge_timeout_s * 1e6),
        )
