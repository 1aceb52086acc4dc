"""What the signalling amounts to: bytes by layer for each slot, each second of a small cell and each bit delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hiercoop.execution.signalling import phase_of, totals
from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount
from hiercoop.units import BITS_PER_BYTE


@dataclass(frozen=True)
class RunExtent:
    """What a run's signalling is set against."""

    slots: int
    num_cells: int
    slot_duration_s: float
    delivered_bits: float

    @property
    def sbs_s(self) -> float:
        """Simulated time summed over small cells [s]."""
        return self.slots * self.slot_duration_s * self.num_cells


@dataclass(frozen=True)
class LayerCost:
    """Bytes of one layer; ratios are None where the run has not got that far."""

    up_bytes: int
    down_bytes: int
    bytes_per_slot: float | None
    bytes_per_sbs_second: float | None
    bits_per_delivered_bit: float | None


@dataclass(frozen=True)
class KindTotals:
    """One kind of message of one cell, all attach epochs together."""

    cell: int
    type: str
    is_up: bool
    phase: str
    messages: int
    payload_bytes: int
    http2_bytes: int
    link_bytes: int


def layer_cost(counts: Iterable[SignallingCount], layer: str, extent: RunExtent) -> LayerCost:
    """Cost of one layer (payload_bytes, http2_bytes or link_bytes) over a run."""
    told = list(counts)
    up_bytes, down_bytes = (totals(count for count in told if count.is_up == is_up)[layer] for is_up in (True, False))
    total_bytes = up_bytes + down_bytes
    return LayerCost(
        up_bytes,
        down_bytes,
        bytes_per_slot=_per(total_bytes, extent.slots),
        bytes_per_sbs_second=_per(total_bytes, extent.sbs_s),
        bits_per_delivered_bit=_per(total_bytes * BITS_PER_BYTE, extent.delivered_bits),
    )


def kind_totals(counts: Iterable[SignallingCount]) -> list[KindTotals]:
    """Counts by cell, message type and direction, in this order."""
    groups: dict[tuple[int, str, bool], list[SignallingCount]] = {}
    for count in counts:
        groups.setdefault((count.cell, count.type, count.is_up), []).append(count)
    return [
        KindTotals(cell, kind, is_up, phase_of(kind), **totals(group)) for (cell, kind, is_up), group in sorted(groups.items())
    ]


def phase_totals(counts: Iterable[SignallingCount]) -> dict[str, dict[str, int]]:
    """Messages and bytes by phase (setup, policy_transfer, steady), only phases that were seen."""
    groups: dict[str, list[SignallingCount]] = {}
    for count in counts:
        groups.setdefault(phase_of(count.type), []).append(count)
    return {phase: totals(group) for phase, group in sorted(groups.items())}


def _per(amount: float, extent: float) -> float | None:
    return amount / extent if extent > 0 else None
