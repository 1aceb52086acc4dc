"""What the cooperation costs: every message between SBS and edge, counted where it is sent or received.

Layer 1, payload: exact, the serialised size of each message. Layer 2, HTTP/2: 5 bytes of gRPC prefix a message and 9 bytes of
header a DATA frame; WINDOW_UPDATE and PING belong to the connection and are classes of their own (docs/signalling.md has what
was measured of them). Layer 3, link: modelled here
as one packet a message with 66 bytes of Ethernet, IPv4 and TCP headers, an upper bound on packing and a lower bound on
acknowledgements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount

GRPC_PREFIX_BYTES = 5
DATA_HEADER_BYTES = 9
MAX_FRAME_BYTES = 16_384
PACKET_HEADER_BYTES = 66
WINDOW_UPDATE_BYTES = 2 * 13
"""What the receiver of a message sends back: one frame for the stream and one for the connection."""

SETUP_TYPES = frozenset({"RegisterRequest", "RegisterResponse"})
POLICY_TRANSFER_TYPES = frozenset({"GetPolicyRequest", "GetPolicyResponse"})


def phase_of(message_type: str) -> str:
    """The phase a message type belongs to: setup, policy_transfer or steady."""
    if message_type in SETUP_TYPES:
        return "setup"
    return "policy_transfer" if message_type in POLICY_TRANSFER_TYPES else "steady"


@dataclass
class _Count:
    messages: int = 0
    payload_bytes: int = 0
    frames: int = 0


class SignallingLedger:
    """Cumulative counts by cell, attach epoch, message type and direction."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int, str, bool], _Count] = {}
        self._changed: set[tuple[int, int, str, bool]] = set()
        self._packs = 0

    def record(self, cell: int, attach_epoch: int, message_type: str, is_up: bool, payload_bytes: int) -> None:
        """Counts one message; `is_up` is towards the edge."""
        count = self._open((cell, attach_epoch, message_type, is_up))
        count.messages += 1
        count.payload_bytes += payload_bytes
        count.frames += _frames(payload_bytes)

    def record_pack(self, cells: Sequence[tuple[int, int]], message_type: str, is_up: bool, payload_bytes: int) -> None:
        """Counts one message of several cells, (cell, attach epoch) each: its payload in equal shares.

        The message and its frames fall to each of the cells in turn, so that the totals stay whole numbers and exact.
        """
        if not cells:
            return
        bearer = self._packs % len(cells)
        self._packs += 1
        share_bytes, rest_bytes = divmod(payload_bytes, len(cells))
        for index, (cell, attach_epoch) in enumerate(cells):
            count = self._open((cell, attach_epoch, message_type, is_up))
            count.payload_bytes += share_bytes
            if index == bearer:
                count.messages += 1
                count.payload_bytes += rest_bytes
                count.frames += _frames(payload_bytes)

    def counts(self) -> list[SignallingCount]:
        """All counts, in a fixed order."""
        return [self._count(key) for key in sorted(self._counts)]

    def take_changed(self) -> list[SignallingCount]:
        """The counts that changed since the last call; still cumulative, so the next makes a lost one good."""
        changed = [self._count(key) for key in sorted(self._changed)]
        self._changed.clear()
        return changed

    def _open(self, key: tuple[int, int, str, bool]) -> _Count:
        self._changed.add(key)
        return self._counts.setdefault(key, _Count())

    def _count(self, key: tuple[int, int, str, bool]) -> SignallingCount:
        cell, epoch, kind, is_up = key
        count = self._counts[key]
        return SignallingCount(
            cell=cell,
            attach_epoch=epoch,
            type=kind,
            is_up=is_up,
            messages=count.messages,
            payload_bytes=count.payload_bytes,
            frames=count.frames,
        )


class ReportedSignalling:
    """The latest cumulative counts that the agents sent, so that an agent's end loses nothing it had said."""

    def __init__(self) -> None:
        self._latest: dict[tuple[int, int, str, bool], SignallingCount] = {}

    def update(self, counts: Iterable[SignallingCount]) -> None:
        """Takes in cumulative counts; a later message of one attach epoch replaces an earlier one."""
        for count in counts:
            self._latest[count.cell, count.attach_epoch, count.type, count.is_up] = count

    def counts(self) -> list[SignallingCount]:
        """All counts, in a fixed order."""
        return [self._latest[key] for key in sorted(self._latest)]


def _frames(payload_bytes: int) -> int:
    return 1 + (payload_bytes + GRPC_PREFIX_BYTES - 1) // MAX_FRAME_BYTES


def http2_bytes(count: SignallingCount) -> int:
    """Layer 2 of a count: payload, 5 bytes a message and 9 a DATA frame."""
    return count.payload_bytes + GRPC_PREFIX_BYTES * count.messages + DATA_HEADER_BYTES * count.frames


def window_update_bytes(counts: Iterable[SignallingCount]) -> dict[str, int]:
    """Flow control of these messages by direction, `up` and `down`: it goes against the messages that cause it."""
    result = {"up": 0, "down": 0}
    for count in counts:
        result["down" if count.is_up else "up"] += WINDOW_UPDATE_BYTES * count.messages
    return result


def link_bytes(count: SignallingCount) -> int:
    """Layer 3 of a count, modelled: layer 2 and one packet's headers a message."""
    return http2_bytes(count) + PACKET_HEADER_BYTES * count.messages


def totals(counts: Iterable[SignallingCount]) -> dict[str, int]:
    """Sum over counts of messages, payload_bytes, http2_bytes and link_bytes."""
    result = {"messages": 0, "payload_bytes": 0, "http2_bytes": 0, "link_bytes": 0}
    for count in counts:
        result["messages"] += count.messages
        result["payload_bytes"] += count.payload_bytes
        result["http2_bytes"] += http2_bytes(count)
        result["link_bytes"] += link_bytes(count)
    return result
