"""Whether the agents' account of the signalling agrees with the edge's, though the two are never read at the same instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount

NEVER = 2**64
"""Above every attach epoch."""

_Key = tuple[int, int, str, bool]
_Amount = tuple[int, int]


@dataclass(frozen=True)
class Discrepancy:
    """What the agents counted minus what the edge counted, of one kind of message of one cell."""

    cell: int
    type: str
    is_up: bool
    messages: int
    payload_bytes: int


def discrepancies(
    agents_before: Iterable[SignallingCount], edge: Iterable[SignallingCount], agents_after: Iterable[SignallingCount]
) -> list[Discrepancy]:
    """Kinds of message that the two accounts cannot both be right about, by cell and type; empty when they agree.

    Counts only grow, so an edge read between two readings of the agents must lie between them, attach by attach. What lies
    outside is lost or counted twice: positive where the edge counted less than the agents had before, negative where it
    counted more than they had after. Of an attach that has ended, or an idle one, the difference is exact. The edge's counts
    of attaches before a cell's first one that the agents tell of belong to an earlier run and are left out.
    """
    before, middle, after = (_amounts(counts) for counts in (agents_before, edge, agents_after))
    first_epoch: dict[int, int] = {}
    for cell, epoch, _, _ in after:
        first_epoch[cell] = min(first_epoch.get(cell, epoch), epoch)
    found: dict[tuple[int, str, bool], _Amount] = {}
    for key in before.keys() | middle.keys() | after.keys():
        cell, epoch, kind, is_up = key
        if epoch < first_epoch.get(cell, NEVER):
            continue
        readings = (amounts.get(key, (0, 0)) for amounts in (before, middle, after))
        messages, payload_bytes = (_outside(*values) for values in zip(*readings, strict=True))
        so_far = found.get((cell, kind, is_up), (0, 0))
        found[cell, kind, is_up] = (so_far[0] + messages, so_far[1] + payload_bytes)
    return [Discrepancy(*key, *amount) for key, amount in sorted(found.items()) if any(amount)]


def _amounts(counts: Iterable[SignallingCount]) -> dict[_Key, _Amount]:
    return {
        (count.cell, count.attach_epoch, count.type, count.is_up): (count.messages, count.payload_bytes) for count in counts
    }


def _outside(before: int, middle: int, after: int) -> int:
    if middle < before:
        return before - middle
    return min(after - middle, 0)
