"""One run of the channel simulator, slot by slot: the roster, who was heard, who is held, what it was worth. No I/O.

for cell, observation in emulation.begin_slot().items(): ... send it ...
emulation.receive(allocation)                # as they come, until emulation.is_complete or time is up
record = emulation.end_slot()                # cells that were not heard keep their last allocation
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int64
from pydantic import JsonValue

from hiercoop.config.run import RunConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.types import ChannelState, SlotMeasurement
from hiercoop.errors import MessageError
from hiercoop.execution.cell_counts import CellCounts, RunCounts
from hiercoop.execution.held_allocation import HeldAllocation
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.signalling import ReportedSignalling
from hiercoop.execution.trace import TraceWriter
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, SlotObservation, Welcome
from hiercoop.rpc.v1.upper_edge_service_pb2 import Dimensions, RunProfile

KEPT_REPORTS = 64
"""Reports of a cell that are remembered, for those who want to see what options were chosen from."""


@dataclass(frozen=True)
class SlotRecord:
    """One slot, scored."""

    slot: int
    roster: list[int]
    missing: list[int]
    """Cells of the roster that were not heard in time."""
    measured: SlotMeasurement
    reward: float


@dataclass
class _Cell:
    """One cell's attach, and what the simulator remembers of it."""

    held: HeldAllocation
    counts: CellCounts
    attach_epoch: int = 0
    is_reserved: bool = False
    is_attached: bool = False
    must_report: bool = False
    has_served: bool = False
    """An agent has taken part in this run before."""
    agent: str = ""
    version: str = ""
    heard_before: Allocation | None = None
    """The allocation before the one last heard."""
    reports: deque[Allocation] = field(default_factory=lambda: deque(maxlen=KEPT_REPORTS))
    """Allocations of slots in which features went to the edge."""


@dataclass
class _Exchange:
    """The slot in hand."""

    roster: list[int]
    received: dict[int, Allocation] = field(default_factory=dict)
    choices: dict[int, list[int]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


class Emulation:
    """One run: from slot 0 until `max_slots`, the trace's end, or a reset."""

    def __init__(self, run: RunConfig, policy_digest: str, run_epoch: int = 1, trace: TraceWriter | None = None) -> None:
        self.run = run
        self.run_epoch = run_epoch
        self.policy_digest = policy_digest
        self.slot = 0
        self.is_reproducible = run.pacing == "lockstep"
        self.signalling = ReportedSignalling()
        self.env = HetNetEnv(run.scenario, num_envs=1, seed=run.seed)
        self.observation = self.env.reset()
        self.observed = self.observation.local[0]
        """Local observations of the slot last scored."""
        self.observed_channel: ChannelState = self.env.channel_state()
        """Channels and payloads at the start of the slot last scored."""
        self.payload_bytes = run.scenario.traffic.payload_bytes
        self.counts = RunCounts()
        self.latest: SlotRecord | None = None
        self.heard: dict[int, Allocation] = {}
        """The allocation last heard of each cell."""
        scenario = run.scenario
        self.cells = [
            _Cell(HeldAllocation(scenario.num_vehicles_per_sbs, scenario.radio.num_bands), CellCounts())
            for _ in range(scenario.num_sbs)
        ]
        self._exchange: _Exchange | None = None
        self._trace = trace
        self.profile = self._make_profile()

    def begin_trace(self) -> None:
        """Heads the trace of this run."""
        if self._trace is not None:
            self._trace.header(self.run, self.policy_digest)

    @property
    def is_over(self) -> bool:
        """No slot is left: `max_slots` are done, or the mobility trace has ended."""
        return self.env.is_over or (self.run.max_slots is not None and self.slot >= self.run.max_slots)

    @property
    def attached(self) -> list[int]:
        """Cells that have an agent now, in order."""
        return [number for number, cell in enumerate(self.cells) if cell.is_attached]

    @property
    def is_complete(self) -> bool:
        """All of the slot's roster that can still answer have."""
        return self._exchange is not None and not any(map(self.awaits, self._exchange.roster))

    def awaits(self, cell: int) -> bool:
        """Whether the slot in hand still waits for this cell."""
        exchange = self._exchange
        return exchange is not None and cell in exchange.roster and cell not in exchange.received and cell not in exchange.lost

    def free_cell(self, wanted: int | None = None) -> int | None:
        """The cell that an agent may have: the wanted one or the lowest free one; None where there is none."""
        if wanted is not None and not 0 <= wanted < len(self.cells):
            raise MessageError(f"cell={wanted} must be in 0..{len(self.cells) - 1}; ask for another or for any")
        candidates = range(len(self.cells)) if wanted is None else [wanted]
        return next((cell for cell in candidates if not self.cells[cell].is_reserved), None)

    def reserve(self, cell: int, agent: str = "", version: str = "") -> Welcome:
        """Promises a free cell to an agent that still has to make itself ready; `join` makes it take part."""
        state = self.cells[cell]
        if state.is_reserved:
            raise MessageError(f"cell {cell} has an agent; ask for another cell or for any")
        state.attach_epoch += 1
        state.is_reserved = True
        state.agent, state.version = agent, version
        return self._welcome(cell)

    def join(self, cell: int) -> None:
        """The agent of a reserved cell is ready: it takes part from the next slot on, and that one asks for a report."""
        state = self.cells[cell]
        state.is_attached = True
        state.must_report = True
        state.counts.reconnects += state.has_served
        state.has_served = True
        self._note({"attach": cell})

    def attach(self, cell: int, agent: str = "") -> Welcome:
        """Gives a free cell to an agent that is ready."""
        welcome = self.reserve(cell, agent)
        self.join(cell)
        return welcome

    def detach(self, cell: int, attach_epoch: int, on_purpose: bool) -> None:
        """An agent is gone; the cell keeps its last allocation. Leaving on purpose is no gap."""
        state = self.cells[cell]
        if not state.is_reserved or state.attach_epoch != attach_epoch:
            return
        state.is_reserved = False
        if not state.is_attached:
            return
        state.is_attached = False
        state.counts.gaps += not on_purpose
        exchange = self._exchange
        if exchange is not None and cell in exchange.roster and cell not in exchange.received:
            exchange.lost.add(cell)
            self.is_reproducible = False
        self._note({"detach": cell})

    def begin_slot(self) -> dict[int, SlotObservation]:
        """The observation of each cell of this slot's roster."""
        roster = self.attached
        self._exchange = _Exchange(roster)
        if self.slot == 0 and self._trace is not None:
            for cell in sorted(set(range(len(self.cells))) - set(roster)):
                self._trace.event(0, {"detach": cell})
        bits = codec.roster_bits(roster)
        prefix = bytes.fromhex(self.policy_digest)[:8]
        is_paced = self.run.pacing == "realtime"
        budget_s = self.run.scenario.radio.slot_duration_s if is_paced else self.run.agent_timeout_s
        observations = {}
        for cell in roster:
            state = self.cells[cell]
            observations[cell] = SlotObservation(
                cell=cell,
                slot=self.slot,
                run_epoch=self.run_epoch,
                attach_epoch=state.attach_epoch,
                local=codec.encode_array(self.observation.local[0, cell]),
                action_mask=codec.encode_array(self.observation.action_mask[0, cell]),
                roster=bits,
                policy_prefix=prefix,
                must_report=state.must_report,
                budget_us=round(budget_s * 1e6),
            )
            state.must_report = False
        return observations

    def receive(self, allocation: Allocation) -> bool:
        """Takes in an allocation; False for a stale, repeated or misdirected one, which is counted and dropped.

        Raises MessageError for a cell that does not exist, or choices of another type, shape or range.
        """
        if allocation.cell >= len(self.cells):
            raise MessageError(f"allocation for cell {allocation.cell}, the run has cells 0..{len(self.cells) - 1}")
        state, exchange = self.cells[allocation.cell], self._exchange
        if allocation.run_epoch == self.run_epoch and allocation.attach_epoch == state.attach_epoch:
            self.signalling.update(allocation.signalling)
        fits = (
            exchange is not None
            and allocation.slot == self.slot
            and allocation.run_epoch == self.run_epoch
            and allocation.attach_epoch == state.attach_epoch
            and allocation.cell in exchange.roster
            and allocation.cell not in exchange.received
        )
        if not fits or exchange is None:
            self.counts.dropped_messages += 1
            return False
        exchange.choices[allocation.cell] = self._choices(allocation)
        exchange.received[allocation.cell] = allocation
        return True

    def end_slot(self) -> SlotRecord:
        """Scores the slot and goes on to the next one."""
        exchange = self._exchange
        if exchange is None:
            raise MessageError(f"slot {self.slot} has not begun; begin_slot comes before end_slot")
        missing = [cell for cell in exchange.roster if cell not in exchange.received]
        if any(cell not in exchange.lost for cell in missing):
            self.is_reproducible = False
        channel = self.env.channel_state()
        outcome = self.env.step(self._joint_choice(exchange.choices))
        record = SlotRecord(self.slot, exchange.roster, missing, outcome.measurement, float(outcome.reward.total[0]))
        if self._trace is not None:
            self._trace.slot(self.slot, exchange.roster, exchange.received, outcome.measurement)
        self._count(record, exchange.received)
        self.observed, self.observed_channel = self.observation.local[0], channel
        self.observation = outcome.observation
        self.latest = record
        self.slot += 1
        self._exchange = None
        return record

    def set_payload_bytes(self, payload_bytes: float) -> None:
        """From the next delivery round on, every vehicle has this much to deliver."""
        self.env.set_payload_bytes(payload_bytes)
        self.payload_bytes = payload_bytes

    def drop_from_roster(self, cell: int) -> None:
        """Lock-step gave up on a silent agent: its cell leaves the roster until it attaches again."""
        self.detach(cell, self.cells[cell].attach_epoch, on_purpose=False)
        self.is_reproducible = False

    def _note(self, event: dict[str, JsonValue]) -> None:
        """Writes a coming or going to the trace with the slot it holds from; before slot 0 only who is missing matters."""
        has_begun = self.slot > 0 or self._exchange is not None
        if self._trace is not None and has_begun:
            self._trace.event(self.slot if self._exchange is None else self.slot + 1, event)

    def _joint_choice(self, choices: dict[int, list[int]]) -> Int64[np.ndarray, "env cell vehicle"]:
        vehicle_ids = self._vehicle_ids()
        vehicles = self.run.scenario.num_vehicles_per_sbs
        joint = []
        for cell, state in enumerate(self.cells):
            present = vehicle_ids[cell * vehicles : (cell + 1) * vehicles]
            if cell in choices:
                state.held.remember(present, choices[cell])
            joint.append(state.held.choices(present))
        return np.array([joint], np.int64)

    def _vehicle_ids(self) -> list[str | None]:
        """Who sits on each link; vehicles of an anonymous placement are new ones each round."""
        named = self.env.placement.vehicle_id
        if named is not None:
            return named
        delivery_round = self.slot // self.run.scenario.episode_slots
        return [f"{delivery_round}-{link}" for link in range(self.run.scenario.num_links)]

    def _choices(self, allocation: Allocation) -> list[int]:
        scenario = self.run.scenario
        choices: list[int] = codec.decode_array(allocation.choice, (scenario.num_vehicles_per_sbs,), np.int32).tolist()
        if min(choices) < 0 or max(choices) >= scenario.num_choices:
            raise MessageError(f"cell {allocation.cell} chose {choices}, choices are 0..{scenario.num_choices - 1}")
        return choices

    def _count(self, record: SlotRecord, received: dict[int, Allocation]) -> None:
        measured, scenario = record.measured, self.run.scenario
        self.counts.count(measured, scenario, record.slot)
        self.counts.count_mbs(measured, scenario, len(record.roster))
        self.counts.late_slots += bool(record.missing)
        vehicles, capacity_bps = scenario.num_vehicles_per_sbs, measured.capacity_bps[0].tolist()
        for cell, state in enumerate(self.cells):
            cell_bps = sum(capacity_bps[cell * vehicles : (cell + 1) * vehicles])
            state.counts.capacity_bits += cell_bps * scenario.radio.slot_duration_s
        for cell, allocation in received.items():
            state = self.cells[cell]
            state.counts.count_option(allocation.state, record.slot)
            state.heard_before = self.heard.get(cell)
            self.heard[cell] = allocation
            if allocation.state.reported:
                state.reports.append(allocation)
        for cell in record.missing:
            self.cells[cell].counts.missed_slots += 1
        if measured.is_round_end and not scenario.traffic.full_buffer:
            by_cell = (scenario.num_sbs, vehicles)
            offered = measured.is_present[0].reshape(by_cell).sum(axis=1).tolist()
            delivered = measured.is_delivered[0].reshape(by_cell).sum(axis=1).tolist()
            for state, num_offered, num_delivered in zip(self.cells, offered, delivered, strict=True):
                state.counts.count_round(num_offered, num_delivered)

    def _make_profile(self) -> RunProfile:
        return RunProfile(
            run_epoch=self.run_epoch,
            seed=self.run.seed,
            num_cells=self.run.scenario.num_sbs,
            reporting=self.run.reporting,
            codec=self.run.codec,
            sites_m=self.env.world.sbs_sites_m.astype(np.float32).ravel().tolist(),
            period_slots=self.run.period_slots,
            policy_digest=self.policy_digest,
        )

    def _welcome(self, cell: int) -> Welcome:
        scenario = self.run.scenario
        return Welcome(
            cell=cell,
            attach_epoch=self.cells[cell].attach_epoch,
            protocol_version=PROTOCOL_VERSION,
            run_config=self.run.model_dump_json(),
            profile=self.profile,
            policy_digest=self.policy_digest,
            dimensions=Dimensions(
                observation=self.env.layout.size,
                vehicles=scenario.num_vehicles_per_sbs,
                choices=scenario.num_choices,
            ),
        )
