"""The edge cloud across reports: who is registered, what is known of each cell, and which option each one gets. No I/O.

Periodic reports of one slot are decided jointly, on features of that slot, once all registered cells of its roster have
reported. Any other report is answered at once from what the others reported in slots strictly before it; those that are at
hand together are decided together. In none of these does the answer depend on the order in which messages arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiercoop.errors import BundleError, HandshakeError, MessageError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.cell_history import ReportBatch, check_slots
from hiercoop.execution.edge_policy import EdgePolicy
from hiercoop.execution.edge_run import EdgeRun
from hiercoop.execution.handshake import check_registration
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.report_pack import make_answer, read_pack
from hiercoop.execution.signalling import SignallingLedger
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import (
    DecisionPack,
    FeatureReport,
    GetCountersResponse,
    GetPolicyRequest,
    GetPolicyResponse,
    OptionDecision,
    PolicyFile,
    RegisterRequest,
    RegisterResponse,
    ReportPack,
)


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
        self.superseded = 0
        """Reports that were not decided because a later one of the same cell came before their turn."""
        self.decisions = 0
        self._policy = EdgePolicy(bundle)
        self._run: EdgeRun | None = None
        self._direct: dict[int, _Waiting] = {}
        self._joint: dict[int, dict[int, _Waiting]] = {}

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
        run = self._run
        is_new_run = run is None or request.run.run_epoch > run.profile.run_epoch
        bundle = self._find(request.run.policy_digest) if is_new_run else None
        check_registration(request, bundle or self.bundle, run.profile if run is not None else None)
        if run is None or is_new_run:
            run = self._begin_run(request, bundle or self.bundle)
        held = run.cells.get(request.cell)
        if held is not None and request.attach_epoch < held.attach_epoch:
            raise HandshakeError(
                f"cell {request.cell} is held by attach_epoch={held.attach_epoch}, "
                f"{request.attach_epoch} is older; attach to the simulator again"
            )
        run.bind(request.cell, request.attach_epoch)
        response = RegisterResponse(edge_epoch=self.edge_epoch)
        self._record(request.cell, request.attach_epoch, "RegisterRequest", True, request.ByteSize())
        self._record(request.cell, request.attach_epoch, "RegisterResponse", False, response.ByteSize())
        return response

    def submit(self, report: FeatureReport) -> list[OptionDecision]:
        """The decisions that this report makes possible; none while others of its slot are awaited, or where it is stale.

        Raises MessageError for features of another type or size, or a roster of another run's cells.
        """
        self.admit(report)
        return self.decide()

    def admit(self, report: FeatureReport) -> bool:
        """Takes in a report for the next `decide`, in place of an older one of its cell; False where it is stale.

        Raises as `submit` does.
        """
        self._record(report.cell, report.attach_epoch, "FeatureReport", True, report.ByteSize())
        run = self._run_of(report.run_epoch, report.edge_epoch)
        if run is None or not run.is_new(report.cell, report.attach_epoch, report.slot):
            self.dropped += 1
            return False
        check_slots(report.slot, report.option_since_slot)
        sizes = self.bundle.manifest.dimensions
        waiting = _Waiting(report, codec.decode_features(report.features, sizes.features))
        if report.option >= sizes.options:
            raise MessageError(f"report has option={report.option}, the policy has {sizes.options}")
        codec.check_roster(report.roster, run.num_cells)
        held = run.cells[report.cell]
        held.last_slot = report.slot
        # An earlier stream of this attach may have ended after the cell registered again.
        held.is_connected = True
        if run.is_joint(report.slot):
            self._joint.setdefault(report.slot, {})[report.cell] = waiting
        else:
            self.superseded += report.cell in self._direct
            self._direct[report.cell] = waiting
        return True

    def decide(self) -> list[OptionDecision]:
        """Decisions on all admitted reports that wait for nobody, slot by slot, in cell order."""
        run = self._run
        if run is None:
            return []
        by_slot: dict[int, dict[int, _Waiting]] = {}
        for cell, waiting in self._direct.items():
            by_slot.setdefault(waiting.report.slot, {})[cell] = waiting
        self._direct.clear()
        connected = run.connected() if self._joint else set()
        complete = [slot for slot, waiting in self._joint.items() if _is_complete(waiting, connected, run.num_cells)]
        by_slot |= {slot: self._joint.pop(slot) for slot in complete}
        return [decision for slot in sorted(by_slot) for decision in self._answer(run, slot, by_slot[slot])]

    def is_waiting(self, slot: int) -> bool:
        """Whether reports of this slot wait for others, to be decided together."""
        return slot in self._joint

    def release(self, slot: int, is_partial: bool = False) -> list[OptionDecision]:
        """Decides a joint slot with the reports that came, in cell order; `is_partial` where a deadline forces it."""
        waiting = self._joint.pop(slot, {})
        return self._answer(self._run, slot, waiting, is_partial) if self._run is not None and waiting else []

    def submit_pack(self, pack: ReportPack) -> DecisionPack:
        """The decisions on reports of many cells for one slot; stale ones among them have none.

        Raises MessageError for columns that do not fit, or for a slot that is decided together by more cells than these.
        """
        batch, epochs, sequences = read_pack(pack, self.bundle.manifest.dimensions)
        self.ledger.record_pack(list(zip(batch.cell.tolist(), epochs, strict=True)), "ReportPack", True, pack.ByteSize())
        run = self._run_of(pack.run_epoch, pack.edge_epoch)
        answer = DecisionPack(slot=pack.slot, run_epoch=pack.run_epoch, edge_epoch=pack.edge_epoch)
        if run is None:
            self.dropped += len(epochs)
            return answer
        cells = batch.cell.tolist()
        if run.is_joint(pack.slot):
            awaited = run.connected() & set(codec.cells_of(pack.roster, run.num_cells))
            if not awaited <= set(cells):
                raise MessageError(
                    f"cells {sorted(awaited - set(cells))} are missing from a pack of slot {pack.slot}, which all decide "
                    "together; pack the whole roster, or send single reports"
                )
        rows = [row for row, cell in enumerate(cells) if run.is_new(cell, epochs[row], pack.slot)]
        self.dropped += len(cells) - len(rows)
        for row in rows:
            run.cells[cells[row]].last_slot = pack.slot
        kept = batch.rows(rows)
        if rows:
            make_answer(answer, kept, run.decide(kept), [epochs[row] for row in rows], [sequences[row] for row in rows])
        self.decisions += len(rows)
        self.ledger.record_pack(
            list(zip(answer.cell, answer.attach_epoch, strict=True)), "DecisionPack", False, answer.ByteSize()
        )
        return answer

    def disconnect(self, cell: int, attach_epoch: int) -> list[OptionDecision]:
        """A cell's stream is gone: joint decisions no longer wait for it; those that this makes possible."""
        held = self._run.cells.get(cell) if self._run is not None else None
        if held is None or held.attach_epoch != attach_epoch:
            return []
        held.is_connected = False
        return self.decide()

    def counters(self) -> GetCountersResponse:
        """What the edge has counted; latencies are the service's to add."""
        return GetCountersResponse(
            edge_epoch=self.edge_epoch,
            run_epoch=self._run.profile.run_epoch if self._run is not None else 0,
            policy_digest=self.bundle.digest,
            signalling=self.ledger.counts(),
            decisions=self.decisions,
            dropped=self.dropped,
            registered_cells=sorted(self._run.connected()) if self._run is not None else [],
        )

    def _find(self, digest: str) -> PolicyBundle | None:
        if digest == self.bundle.digest:
            return self.bundle
        return None if self._shelf is None else self._shelf.find(digest)

    def _begin_run(self, request: RegisterRequest, bundle: PolicyBundle) -> EdgeRun:
        """A run begins under this policy: its cells agree on it, since each must register with the digest in force."""
        if bundle.digest != self.bundle.digest:
            self.bundle = bundle
            self._policy = EdgePolicy(bundle)
        self.ledger = self._ledger_of(request.run.run_epoch)
        self._direct.clear()
        self._joint.clear()
        self._run = EdgeRun(self._policy, request.run)
        return self._run

    def _ledger_of(self, run_epoch: int) -> SignallingLedger:
        """The account of a run; policies are fetched before the first registration begins one."""
        if self._run is not None and run_epoch <= self._run.profile.run_epoch:
            return self.ledger
        if run_epoch > self._next_run_epoch:
            self._next_run_epoch, self._next_ledger = run_epoch, SignallingLedger()
        return self._next_ledger

    def _run_of(self, run_epoch: int, edge_epoch: int) -> EdgeRun | None:
        """The run in hand, if these are its epochs."""
        run = self._run
        fits = run is not None and run_epoch == run.profile.run_epoch and edge_epoch == self.edge_epoch
        return run if fits else None

    def _answer(self, run: EdgeRun, slot: int, given: dict[int, _Waiting], is_partial: bool = False) -> list[OptionDecision]:
        """Answers these reports of one slot, in cell order."""
        waiting = [given[cell] for cell in sorted(given)]
        option = run.decide(
            ReportBatch(
                slot=slot,
                cell=np.array([one.report.cell for one in waiting], np.int64),
                option=np.array([one.report.option for one in waiting], np.int64),
                since_slot=np.array([one.report.option_since_slot for one in waiting], np.int64),
                terminated=np.array([one.report.terminated for one in waiting], np.bool_),
                features=np.stack([one.features for one in waiting]),
            )
        )
        return [self._decision(one.report, chosen, is_partial) for one, chosen in zip(waiting, option.tolist(), strict=True)]

    def _decision(self, report: FeatureReport, option: int, is_partial: bool) -> OptionDecision:
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

    def _record(self, cell: int, attach_epoch: int, message_type: str, is_up: bool, payload_bytes: int) -> None:
        self.ledger.record(cell, attach_epoch, message_type, is_up, payload_bytes)


def _is_complete(given: dict[int, _Waiting], connected: set[int], num_cells: int) -> bool:
    """Whether every cell that is awaited in a joint slot has reported."""
    roster = next(iter(given.values())).report.roster
    return all(cell in given for cell in codec.cells_of(roster, num_cells) if cell in connected)
