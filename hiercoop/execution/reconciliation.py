"""Whether the agents' account of the signalling agrees with the edge's, though the two are never read at the same instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount

Key = tuple[int, str, bool]
"""Cell, message type, towards the edge."""
NEVER = 2**64
"""Above every attach epoch."""


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

    Counts only grow, so an edge read between two readings of the agents must lie between them. What lies outside is lost or
    counted twice: positive where the edge counted less than the agents had before, negative where it counted more than they had
    after. Agents that are known to be idle can be given twice, and the difference is then exact. The edge's counts of attaches
    before a cell's first one that the agents tell of belong to an earlier run and are left out.
    """
    told_after = list(agents_after)
    first_epoch: dict[int, int] = {}
    for count in told_after:
        first_epoch[count.cell] = min(first_epoch.get(count.cell, count.attach_epoch), count.attach_epoch)
    of_this_run = [count for count in edge if count.attach_epoch >= first_epoch.get(count.cell, NEVER)]
    before, middle, after = (_sums(counts) for counts in (agents_before, of_this_run, told_after))
    found = []
    for key in sorted(set(before) | set(middle) | set(after)):
        messages, payload_bytes = (_outside(*values) for values in zip(before[key], middle[key], after[key], strict=True))
        if messages or payload_bytes:
            found.append(Discrepancy(*key, messages=messages, payload_bytes=payload_bytes))
    return found


def _sums(counts: Iterable[SignallingCount]) -> defaultdict[Key, tuple[int, int]]:
    sums: defaultdict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for count in counts:
        messages, payload_bytes = sums[count.cell, count.type, count.is_up]
        sums[count.cell, count.type, count.is_up] = (messages + count.messages, payload_bytes + count.payload_bytes)
    return sums


def _outside(before: int, middle: int, after: int) -> int:
    if middle < before:
        return before - middle
    return min(after - middle, 0)
