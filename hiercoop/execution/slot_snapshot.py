"""The whole of one slot as a message, and back as arrays: what was observed, chosen and received, for those who watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ObservationLayout
from hiercoop.execution.emulation import Emulation, SlotRecord
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, CellDecision, PastReport, SlotSnapshot

MAX_GAIN_BYTES = 256 * 1024
"""Above this the gains of a slot are not told: ten times a second they would cost the simulator too much."""


def slot_snapshot(emulation: Emulation, record: SlotRecord) -> SlotSnapshot:
    """The message that tells the slot last scored."""
    measured, gain = record.measured, emulation.observed_channel.gain[0]
    return SlotSnapshot(
        slot=record.slot,
        local=codec.encode_array(emulation.observed),
        gain=codec.encode_array(np.ascontiguousarray(gain)) if gain.nbytes <= MAX_GAIN_BYTES else None,
        active=codec.encode_array(np.ascontiguousarray(measured.active[0])),
        present=codec.encode_array(np.ascontiguousarray(measured.is_present[0])),
        choice=codec.encode_array(measured.choice[0].astype(np.int32)),
        sinr=measured.sinr[0].tolist(),
        capacity_bps=measured.capacity_bps[0].tolist(),
        delivered_bits=measured.delivered_bits[0].tolist(),
        payload_left_bits=measured.payload_left_bits[0].tolist(),
        cells=_cells(emulation, record),
    )


def _cells(emulation: Emulation, record: SlotRecord) -> list[CellDecision]:
    heard = {cell: one for cell, one in emulation.heard.items() if one.slot == record.slot}
    oldest_slot = min((one.state.option_since_slot for one in heard.values()), default=record.slot)
    decisions = []
    for cell, state in enumerate(emulation.cells):
        decision = CellDecision(cell=cell, is_heard=cell in heard, reports=_reports(state.reports, oldest_slot))
        if cell in heard:
            decision.state.CopyFrom(heard[cell].state)
            before = state.heard_before
            if before is not None and _follows(heard[cell], before):
                decision.previous_option = before.state.option
        decisions.append(decision)
    return decisions


def _follows(allocation: Allocation, before: Allocation) -> bool:
    return before.slot == allocation.slot - 1 and before.attach_epoch == allocation.attach_epoch


def _reports(kept: Sequence[Allocation], oldest_slot: int) -> list[PastReport]:
    """Reports from this slot on and the last one before it: no option in force was chosen from an earlier one."""
    first = max((index for index, one in enumerate(kept) if one.slot < oldest_slot), default=0)
    return [
        PastReport(
            slot=one.slot,
            option=one.state.option,
            option_since_slot=one.state.option_since_slot,
            features=one.state.features,
        )
        for one in list(kept)[first:]
    ]


@dataclass(frozen=True)
class SlotDetail:
    """One slot in arrays. Links are numbered cell by cell; the macro cell is the last of the cells."""

    slot: int
    local: Float32[np.ndarray, "cell feature"]
    gain: Float32[np.ndarray, "link cell band"] | None
    """None where it was not told."""
    active: Bool[np.ndarray, "link"]
    present: Bool[np.ndarray, "link"]
    choice: Int64[np.ndarray, "link"]
    sinr: Float[np.ndarray, "link"]
    capacity_bps: Float[np.ndarray, "link"]
    delivered_bits: Float64[np.ndarray, "link"]
    payload_left_bits: Float64[np.ndarray, "link"]
    cells: Sequence[CellDecision]

    def bands(self, scenario: ScenarioConfig) -> Int64[np.ndarray, "link"]:
        """Sub-band of each link."""
        bands: Int64[np.ndarray, "link"] = self.choice % scenario.radio.num_bands
        return bands

    def receivers(self, scenario: ScenarioConfig) -> Int64[np.ndarray, "link"]:
        """Cell that receives each link."""
        own = np.arange(scenario.num_links) // scenario.num_vehicles_per_sbs
        return np.where(self.choice >= scenario.radio.num_bands, scenario.num_sbs, own)


def slot_detail(told: SlotSnapshot, scenario: ScenarioConfig) -> SlotDetail:
    """The arrays of a message; MessageError where it is not of this scenario's sizes."""
    links = (scenario.num_links,)
    gain_shape = (scenario.num_links, scenario.num_sbs + 1, scenario.radio.num_bands)
    features = ObservationLayout.of(scenario).size
    return SlotDetail(
        slot=told.slot,
        local=codec.decode_array(told.local, (scenario.num_sbs, features), np.float32),
        gain=codec.decode_array(told.gain, gain_shape, np.float32) if told.HasField("gain") else None,
        active=codec.decode_array(told.active, links, np.bool_),
        present=codec.decode_array(told.present, links, np.bool_),
        choice=codec.decode_array(told.choice, links, np.int32).astype(np.int64),
        sinr=np.array(told.sinr, np.float32),
        capacity_bps=np.array(told.capacity_bps, np.float32),
        delivered_bits=np.array(told.delivered_bits, np.float64),
        payload_left_bits=np.array(told.payload_left_bits, np.float64),
        cells=told.cells,
    )
