"""The edge cloud across reports: who is registered, what is known of each cell, and which option each one gets. No I/O.

Periodic reports of one slot are decided jointly, on features of that slot, once all registered cells of its roster have
reported. Any other report is answered at once from what the others reported in slots strictly before it. Either way the
answer does not depend on the order in which messages arrive.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from hiercoop.errors import BundleError, HandshakeError, MessageError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.edge_policy import EdgePolicy, cell_codes, hold_of
from hiercoop.execution.handshake import check_registration
from hiercoop.execution.option_choice import KnownCells, OptionChoice
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.radio.geometry import site_distances_m
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import (
    FeatureReport,
    GetCountersResponse,
    GetPolicyRequest,
    GetPolicyResponse,
    OptionDecision,
    PolicyFile,
    RegisterRequest,
    RegisterResponse,
    RunProfile,
)

HISTORY_SLOTS = 4
"""Reports kept a cell; two are needed, that a report of slot t still finds what was known before t."""


@dataclass(frozen=True)
class _Known:
    """What one cell reported in one slot, and the option that held from then on."""

    slot: int
    features: Float32[np.ndarray, "feature"]
    option: int
    since_slot: int


@dataclass
class _Cell:
    attach_epoch: int
    last_slot: int = -1
    is_connected: bool = True
    history: deque[_Known] = field(default_factory=lambda: deque(maxlen=HISTORY_SLOTS))


@dataclass(frozen=True)
class _Waiting:
    """A report with its features decoded."""

    report: FeatureReport
    features: Float32[np.ndarray, "feature"]


class UpperEdge:
    """The upper layer of all agents of one run at a time."""

    def __init__(self, bundle: PolicyBundle, edge_epoch: int = 1, shelf: PolicyShelf | None = None) -> None:
        self.bundle = bundle
        """The policy of the run in hand; a later run may have another one of the shelf."""
        self._shelf = shelf
        self.edge_epoch = edge_epoch
        self.ledger = SignallingLedger()
        self._next_run_epoch = 0
        self._next_ledger = SignallingLedger()
        self.dropped = 0
        self.decisions = 0
        self._policy = EdgePolicy(bundle)
        self._profile: RunProfile | None = None
        self._cells: dict[int, _Cell] = {}
        self._joint: dict[int, dict[int, _Waiting]] = {}
        self._num_cells = 0
        no_codes = np.zeros((1, 0, bundle.manifest.dimensions.code), np.float32)
        self._choice = OptionChoice(self._policy, no_codes, np.zeros((0, 0), np.float32), hold=0.0)

    def policy(self, request: GetPolicyRequest) -> GetPolicyResponse:
        """The bundle with this digest, or the one in force; BundleError where it is not here."""
        bundle = self._find(request.digest or self.bundle.digest)
        if bundle is None:
            raise BundleError(f"policy {request.digest} is not here; {self.bundle.digest} is in force")
        files = [PolicyFile(name=name, content=content) for name, content in bundle.files.items()]
        response = GetPolicyResponse(digest=bundle.digest, files=files)
        if request.attach_epoch > 0:
            ledger = self._ledger_of(request.run_epoch)
            ledger.record(request.cell, request.attach_epoch, "GetPolicyRequest", True, request.ByteSize())
            ledger.record(request.cell, request.attach_epoch, "GetPolicyResponse", False, response.ByteSize())
        return response

    def register(self, request: RegisterRequest) -> RegisterResponse:
        """Binds a cell to its attach; HandshakeError names what differs and what is wanted."""
        is_new_run = self._profile is None or request.run.run_epoch > self._profile.run_epoch
        bundle = self._find(request.run.policy_digest) if is_new_run else None
        check_registration(request, bundle or self.bundle, self._profile)
        if is_new_run:
            self._follow(bundle or self.bundle)
            self._begin_run(request.run)
        held = self._cells.get(request.cell)
        if held is not None and request.attach_epoch < held.attach_epoch:
            raise HandshakeError(
                f"cell {request.cell} is held by attach_epoch={held.attach_epoch}, "
                f"{request.attach_epoch} is older; attach to the simulator again"
            )
        if held is None or request.attach_epoch > held.attach_epoch:
            self._cells[request.cell] = _Cell(request.attach_epoch)
        else:
            held.is_connected = True
        response = RegisterResponse(edge_epoch=self.edge_epoch)
        self._record(request.cell, request.attach_epoch, "RegisterRequest", True, request.ByteSize())
        self._record(request.cell, request.attach_epoch, "RegisterResponse", False, response.ByteSize())
        return response

    def record(self, report: FeatureReport) -> None:
        """Counts a report that arrived, whether it is used or not."""
        self._record(report.cell, report.attach_epoch, "FeatureReport", True, report.ByteSize())

    def submit(self, report: FeatureReport) -> list[OptionDecision]:
        """The decisions that this report makes possible; none while others of its slot are awaited, or where it is stale.

        Raises MessageError for features of another type or size, or a roster of another run's cells.
        """
        self.record(report)
        if not self._is_current(report):
            self.dropped += 1
            return []
        sizes = self.bundle.manifest.dimensions
        waiting = _Waiting(report, codec.decode_features(report.features, sizes.features))
        if report.option >= sizes.options:
            raise MessageError(f"report has option={report.option}, the policy has {sizes.options}")
        roster = codec.cells_of(report.roster, self._num_cells)
        self._cells[report.cell].last_slot = report.slot
        if not self._is_joint(report):
            return self._decide(report.slot, {report.cell: waiting})
        self._joint.setdefault(report.slot, {})[report.cell] = waiting
        expected = [cell for cell in roster if cell in self._cells and self._cells[cell].is_connected]
        if all(cell in self._joint[report.slot] for cell in expected):
            return self.release(report.slot)
        return []

    def release(self, slot: int, is_partial: bool = False) -> list[OptionDecision]:
        """Decides a joint slot with the reports that came, in cell order; `is_partial` where a deadline forces it."""
        return self._decide(slot, self._joint.pop(slot, {}), is_partial)

    def disconnect(self, cell: int, attach_epoch: int) -> list[OptionDecision]:
        """A cell's stream is gone: joint decisions no longer wait for it; those that this makes possible."""
        held = self._cells.get(cell)
        if held is None or held.attach_epoch != attach_epoch:
            return []
        held.is_connected = False
        connected = {number for number, state in self._cells.items() if state.is_connected}
        ready = [
            slot
            for slot, reports in sorted(self._joint.items())
            if all(
                other in reports
                for other in codec.cells_of(next(iter(reports.values())).report.roster, self._num_cells)
                if other in connected
            )
        ]
        return [decision for slot in ready for decision in self.release(slot)]

    def counters(self) -> GetCountersResponse:
        """What the edge has counted; latencies are the service's to add."""
        return GetCountersResponse(
            edge_epoch=self.edge_epoch,
            run_epoch=self._profile.run_epoch if self._profile else 0,
            policy_digest=self.bundle.digest,
            signalling=self.ledger.counts(),
            decisions=self.decisions,
            dropped=self.dropped,
            registered_cells=sorted(cell for cell, state in self._cells.items() if state.is_connected),
        )

    def _find(self, digest: str) -> PolicyBundle | None:
        if digest == self.bundle.digest:
            return self.bundle
        return None if self._shelf is None else self._shelf.find(digest)

    def _follow(self, bundle: PolicyBundle) -> None:
        """A run begins under this policy: its cells agree on it, since each must register with the digest in force."""
        if bundle.digest != self.bundle.digest:
            self.bundle = bundle
            self._policy = EdgePolicy(bundle)

    def _begin_run(self, profile: RunProfile) -> None:
        self.ledger = self._ledger_of(profile.run_epoch)
        self._profile = profile
        self._cells.clear()
        self._joint.clear()
        distance_m = site_distances_m(np.asarray(profile.sites_m, np.float64).reshape(profile.num_cells, 2))
        codes = cell_codes(profile.seed, profile.num_cells, self.bundle.manifest.dimensions.code)
        self._num_cells = profile.num_cells
        hold = hold_of(profile.reporting, profile.period_slots)
        self._choice = OptionChoice(self._policy, codes[None], distance_m, hold)

    def _ledger_of(self, run_epoch: int) -> SignallingLedger:
        """The account of a run; policies are fetched before the first registration begins one."""
        if self._profile is not None and run_epoch <= self._profile.run_epoch:
            return self.ledger
        if run_epoch > self._next_run_epoch:
            self._next_run_epoch, self._next_ledger = run_epoch, SignallingLedger()
        return self._next_ledger

    def _is_current(self, report: FeatureReport) -> bool:
        held = self._cells.get(report.cell)
        return (
            held is not None
            and self._profile is not None
            and report.run_epoch == self._profile.run_epoch
            and report.attach_epoch == held.attach_epoch
            and report.edge_epoch == self.edge_epoch
            and report.slot > held.last_slot
        )

    def _is_joint(self, report: FeatureReport) -> bool:
        if self._profile is None or self._profile.reporting == "on-termination":
            return False
        return report.slot % self._profile.period_slots == 0

    def _decide(self, slot: int, reports: dict[int, _Waiting], is_partial: bool = False) -> list[OptionDecision]:
        """Answers these reports of one slot together, in cell order: new options where they ended, else a confirmation."""
        deciding = np.zeros((1, self._num_cells), np.bool_)
        for cell, waiting in reports.items():
            deciding[0, cell] = waiting.report.terminated
        (option,) = self._choice.jointly(self._known_cells(slot, reports), deciding).tolist()
        return [self._answer(reports[cell], option[cell], is_partial) for cell in sorted(reports)]

    def _known_cells(self, slot: int, reports: dict[int, _Waiting]) -> KnownCells:
        """What holds in this slot of the cells that report together, and of each other one what was known before."""
        shape = (1, self._num_cells)
        known = KnownCells(
            features=np.zeros((*shape, self.bundle.manifest.dimensions.features), np.float32),
            option=np.zeros(shape, np.int64),
            age_slots=np.zeros(shape, np.float32),
            is_known=np.zeros(shape, np.bool_),
        )
        for cell in range(self._num_cells):
            waiting, before = reports.get(cell), self._latest_before(cell, slot)
            if waiting is not None:
                known.features[0, cell] = waiting.features
                known.option[0, cell] = waiting.report.option
            elif before is not None:
                known.features[0, cell] = before.features
                known.option[0, cell] = before.option
                known.age_slots[0, cell] = slot - before.since_slot
            known.is_known[0, cell] = waiting is not None or before is not None
        return known

    def _answer(self, waiting: _Waiting, option: int, is_partial: bool) -> OptionDecision:
        report = waiting.report
        since_slot = report.slot if report.terminated else report.option_since_slot
        self._cells[report.cell].history.append(_Known(report.slot, waiting.features, option, since_slot))
        self.decisions += 1
        decision = OptionDecision(
            cell=report.cell,
            slot=report.slot,
            sequence=report.sequence,
            option=option,
            run_epoch=report.run_epoch,
            attach_epoch=report.attach_epoch,
            edge_epoch=self.edge_epoch,
            is_partial=is_partial,
        )
        self._record(report.cell, report.attach_epoch, "OptionDecision", False, decision.ByteSize())
        return decision

    def _latest_before(self, cell: int, slot: int) -> _Known | None:
        held = self._cells.get(cell)
        if held is None:
            return None
        return next((known for known in reversed(held.history) if known.slot < slot), None)

    def _record(self, cell: int, attach_epoch: int, message_type: str, is_up: bool, payload_bytes: int) -> None:
        self.ledger.record(cell, attach_epoch, message_type, is_up, payload_bytes)
