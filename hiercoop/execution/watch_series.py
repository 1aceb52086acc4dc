"""Time series of a run, from the cumulative counters that the simulator tells its watchers.

Every counter only grows within a run, so a rate over any stretch is the difference of two samples, and leaving samples out is
the same as averaging over a longer stretch. That is what keeps a whole run in a bounded number of samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from hiercoop.execution.signalling import totals
from hiercoop.rpc.v1.channel_sim_service_pb2 import CellSnapshot, WatchResponse
from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount

Span = Literal["recent", "run"]
LAYERS = ("payload_bytes", "http2_bytes", "link_bytes")
DIRECTIONS = ("up", "down")
MAX_SAMPLES = 600
MAX_PAYLOADS = 32
CURRENT_SAMPLES = 11
OPTION_LENGTH_BINS = ("1", "2", "3-4", "5-8", "9-16", "17-32", "33+")
"""Slots that an option lasted, as the simulator bins them."""


@dataclass(frozen=True)
class Sample:
    """Counters of a run from its first slot up to `slot`."""

    slot: int
    payload_bytes: float
    capacity_bits: float
    rounds_delivered: int
    rounds_offered: int
    time_to_deliver_s: float
    cell_capacity_bits: Float[np.ndarray, "cell"]
    option_slots: Int[np.ndarray, "cell option"]
    layer_bytes: Int[np.ndarray, "direction layer"]


def sample_of(response: WatchResponse) -> Sample:
    """The counters of one Watch answer; cells in the order told, cells with fewer options padded with zeros."""
    num_options = max((len(cell.option_slots) for cell in response.cells), default=0)
    option_slots = np.zeros((len(response.cells), num_options), np.int64)
    for row, cell in zip(option_slots, response.cells, strict=True):
        row[: len(cell.option_slots)] = cell.option_slots
    return Sample(
        slot=response.slot,
        payload_bytes=response.payload_bytes,
        capacity_bits=response.capacity_bits,
        rounds_delivered=response.rounds_delivered,
        rounds_offered=response.rounds_offered,
        time_to_deliver_s=response.time_to_deliver_s,
        cell_capacity_bits=np.array([cell.capacity_bits for cell in response.cells], np.float64),
        option_slots=option_slots,
        layer_bytes=layer_bytes(response.signalling),
    )


def layer_bytes(counts: Iterable[SignallingCount]) -> Int[np.ndarray, "direction layer"]:
    """Bytes by direction (up, down) and layer (payload, HTTP/2, link)."""
    told = list(counts)
    rows = [totals(count for count in told if count.is_up == is_up) for is_up in (True, False)]
    return np.array([[row[layer] for layer in LAYERS] for row in rows], np.int64)


class RunHistory:
    """Samples of one run: the latest one by one, and the whole run thinned to a bounded number."""

    def __init__(self, first: Sample) -> None:
        self.latest = first
        self.payload_option_slots: dict[float, Int[np.ndarray, "option"]] = {}
        """Slots in each option by the payload in force [bytes], over the stretch that was watched."""
        self._recent: deque[Sample] = deque([first], maxlen=MAX_SAMPLES)
        self._run = [first]
        self._stride = 1
        self._num_appended = 0

    def append(self, sample: Sample) -> None:
        """Takes in the next sample; one of the same slot (a paused run) changes nothing."""
        if sample.slot == self.latest.slot:
            return
        self._count_payload(sample)
        self.latest = sample
        self._recent.append(sample)
        self._num_appended += 1
        if self._num_appended % self._stride == 0:
            self._run.append(sample)
        if len(self._run) > MAX_SAMPLES:
            self._run = self._run[::2]
            self._stride *= 2

    def continues_with(self, sample: Sample) -> bool:
        """Whether a sample can follow: slots do not fall, and cells are as many as before."""
        return sample.slot >= self.latest.slot and len(sample.option_slots) == len(self.latest.option_slots)

    def prepend(self, earlier: Sequence[Sample]) -> None:
        """Takes in samples of the same run from before its first one here, which were watched by somebody else."""
        first = self._run[0]
        before = [
            sample for sample in earlier if sample.slot < first.slot and len(sample.option_slots) == len(first.option_slots)
        ]
        self._run = [*before, *self._run]
        while len(self._run) > MAX_SAMPLES:
            self._run = self._run[::2]
            self._stride *= 2

    def samples(self, span: Span, max_samples: int = MAX_SAMPLES) -> list[Sample]:
        """Samples of the latest stretch or of the whole run, evenly thinned, the latest always among them."""
        kept = list(self._recent) if span == "recent" else [*self._run]
        if kept[-1] is not self.latest:
            kept.append(self.latest)
        stride = -(-len(kept) // max_samples)
        return kept[::-1][::stride][::-1]

    def current(self, slot_duration_s: float) -> RunSeries:
        """Rates over the latest samples, about one second of watching, as a series of one point, or none at the start."""
        latest = list(self._recent)[-CURRENT_SAMPLES:]
        return run_series([latest[0], latest[-1]] if len(latest) > 1 else latest, slot_duration_s)

    def _count_payload(self, sample: Sample) -> None:
        # A change within the stretch is counted to the payload at its start: which slot it fell in is not told.
        before, after = _option_slots([self.latest, sample])
        payload = self.latest.payload_bytes
        earlier = self.payload_option_slots.get(payload, np.zeros(0, np.int64))
        gained = (after - before).sum(axis=0)
        gained[: len(earlier)] += earlier
        self.payload_option_slots[payload] = gained
        if len(self.payload_option_slots) > MAX_PAYLOADS:
            del self.payload_option_slots[next(iter(self.payload_option_slots))]


@dataclass(frozen=True)
class RunSeries:
    """Rates between successive samples; point i ends at `slot[i]`. NaN where a ratio had nothing to divide by."""

    slot: Int[np.ndarray, "point"]
    time_s: Float[np.ndarray, "point"]
    option_share: Float[np.ndarray, "point option"]
    capacity_bps: Float[np.ndarray, "point"]
    cell_capacity_bps: Float[np.ndarray, "point cell"]
    delivery_success: Float[np.ndarray, "point"]
    time_to_deliver_s: Float[np.ndarray, "point"]
    bytes_per_slot: Float[np.ndarray, "point direction layer"]


def run_series(samples: Sequence[Sample], slot_duration_s: float) -> RunSeries:
    """Rates between successive samples of one run, which must rise in slots; simulated time in seconds from slot 0."""
    slots = _stack(samples, "slot")
    elapsed_slots = np.diff(slots).astype(np.float64)
    elapsed_s = elapsed_slots * slot_duration_s
    delivered = np.diff(_stack(samples, "rounds_delivered"))
    return RunSeries(
        slot=slots[1:],
        time_s=slots[1:] * slot_duration_s,
        option_share=share(np.diff(_option_slots(samples).sum(axis=1), axis=0)),
        capacity_bps=np.diff(_stack(samples, "capacity_bits")) / elapsed_s,
        cell_capacity_bps=np.diff(_stack(samples, "cell_capacity_bits"), axis=0) / elapsed_s[:, None],
        delivery_success=ratio(delivered, np.diff(_stack(samples, "rounds_offered"))),
        time_to_deliver_s=ratio(np.diff(_stack(samples, "time_to_deliver_s")), delivered),
        bytes_per_slot=np.diff(_stack(samples, "layer_bytes"), axis=0) / elapsed_slots[:, None, None],
    )


def share(counts: Int[np.ndarray, "*any option"]) -> Float[np.ndarray, "*any option"]:
    """Each count as a share of its row's sum; NaN for a row of zeros."""
    return ratio(counts, counts.sum(axis=-1, keepdims=True))


def ratio(part: np.ndarray, whole: np.ndarray) -> Float[np.ndarray, "..."]:
    """part / whole element by element, with broadcasting; NaN where the whole is 0."""
    shape = np.broadcast_shapes(part.shape, whole.shape)
    result = np.full(shape, np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


def _option_slots(samples: Sequence[Sample]) -> Int[np.ndarray, "sample cell option"]:
    # An option is not told of before it is first used, so later samples may know more of them.
    num_options = max(sample.option_slots.shape[1] for sample in samples)
    padding = [((0, 0), (0, num_options - sample.option_slots.shape[1])) for sample in samples]
    return np.stack([np.pad(sample.option_slots, pad) for sample, pad in zip(samples, padding, strict=True)])


def _stack(samples: Sequence[Sample], field: str) -> np.ndarray:
    return np.array([getattr(sample, field) for sample in samples])


def option_length_counts(cells: Iterable[CellSnapshot]) -> Int[np.ndarray, "bin"]:
    """Options of these cells that ended, by length, in the bins of OPTION_LENGTH_BINS."""
    counts = np.zeros(len(OPTION_LENGTH_BINS), np.int64)
    for cell in cells:
        told = cell.option_length_bins[: len(counts)]
        counts[: len(told)] += np.array(told, np.int64)
    return counts


def mean_capacity_bps(capacity_bits: float, slots: int, slot_duration_s: float) -> float | None:
    """Capacity averaged over a run so far [bit/s]; None before its first slot."""
    return capacity_bits / (slots * slot_duration_s) if slots else None


def success_of(rounds_delivered: int, rounds_offered: int) -> float | None:
    """Delivery success (5); None before the first round ended."""
    return rounds_delivered / rounds_offered if rounds_offered else None


def mean_time_to_deliver_s(sample: Sample) -> float | None:
    """Mean time to deliver of what was delivered since the run began [s]; None before the first delivery."""
    return sample.time_to_deliver_s / sample.rounds_delivered if sample.rounds_delivered else None
