"""What other ways of coordinating small cells signal in every slot, from the sizes of their messages.

`hiercoop signalling` exchanges these messages for real (hiercoop/schemes); here their sizes alone are counted, by the same
account as everything else (execution/signalling.py), to stand beside a run that does not exchange them. Assumptions:

- A receiver knows the gains of all K x V links towards itself on every sub-band, from their pilots in the slot. What the MBS
  measures is at hand in the edge cloud, as for every scheme, and stands in the account's separate column.
- A value is an fp32: a gain is one, a complex gain two. Channels are flat over a sub-band here, so complex gains per resource
  block carry nothing that the sub-band's gain does not; what they cost is still what a scheme would pay that sends them.
- A report also says what its cell's own vehicles still have to send; an answer is a byte a vehicle, its station and sub-band.
- Nothing is compressed, quantised or left out because it did not change: an upper bound for schemes that would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.signalling import SignallingLedger, totals
from hiercoop.rpc.v1.channel_state_service_pb2 import CentreDecision, ChannelStateReport
from hiercoop.rpc.v1.tensor_pb2 import DataType, Tensor

VALUE_BYTES = 4
"""fp32."""
VALUES_PER_COMPLEX = 2
TYPICAL_SLOT = 5_000
"""Numbers are sent in as few bytes as they need; those of the first slots would be shorter."""
RESOURCE_BLOCK_HZ = 180e3
"""12 subcarriers of 15 kHz: TS 36.211 clause 6.2.3."""

Bytes = dict[str, int]
"""payload_bytes, http2_bytes and link_bytes of one slot, all cells together."""


def centre_gains_cost(scenario: ScenarioConfig) -> Bytes:
    """Full channel state to the centre: every SBS sends the gain of every link on every sub-band, and gets an allocation."""
    return _centre(scenario, (scenario.num_links, scenario.radio.num_bands))


def centre_complex_cost(scenario: ScenarioConfig) -> Bytes:
    """The same with a complex gain for every resource block of every sub-band."""
    blocks = resource_blocks(scenario.radio)
    return _centre(scenario, (scenario.num_links, scenario.radio.num_bands, blocks, VALUES_PER_COMPLEX))


def mesh_gains_cost(scenario: ScenarioConfig) -> Bytes:
    """Full mesh: every SBS sends its gains to every other one; all come to one allocation, none is sent."""
    num_messages = scenario.num_sbs * (scenario.num_sbs - 1)
    return _bytes([_report_bytes(scenario, (scenario.num_links, scenario.radio.num_bands))] * num_messages, [])


def resource_blocks(radio: RadioConfig) -> int:
    """Whole resource blocks in one sub-band, at least one."""
    return max(1, int(radio.band_bandwidth_hz // RESOURCE_BLOCK_HZ))


def _report_bytes(scenario: ScenarioConfig, shape: tuple[int, ...]) -> int:
    vehicles = scenario.num_vehicles_per_sbs
    return ChannelStateReport(
        cell=1,
        slot=TYPICAL_SLOT,
        sequence=TYPICAL_SLOT,
        run_epoch=1,
        attach_epoch=1,
        gain=_zeros(shape),
        payload_left_bits=_zeros((vehicles,)),
        active=bytes((vehicles + 7) // 8),
        budget_us=1_000_000,
    ).ByteSize()


def _zeros(shape: tuple[int, ...]) -> Tensor:
    return Tensor(data_type=DataType.DATA_TYPE_FLOAT32, shape=shape, data=bytes(VALUE_BYTES * math.prod(shape)))


def _centre(scenario: ScenarioConfig, shape: tuple[int, ...]) -> Bytes:
    answer = CentreDecision(
        cell=1,
        slot=TYPICAL_SLOT,
        sequence=TYPICAL_SLOT,
        run_epoch=1,
        attach_epoch=1,
        choice=bytes(scenario.num_vehicles_per_sbs),
    )
    return _bytes([_report_bytes(scenario, shape)] * scenario.num_sbs, [answer.ByteSize()] * scenario.num_sbs)


def _bytes(up: Sequence[int], down: Sequence[int]) -> Bytes:
    ledger = SignallingLedger()
    for is_up, messages in ((True, up), (False, down)):
        for payload_bytes in messages:
            ledger.record(0, 1, "ChannelStateReport" if is_up else "CentreDecision", is_up, payload_bytes)
    counted = totals(ledger.counts())
    return {layer: counted[layer] for layer in ("payload_bytes", "http2_bytes", "link_bytes")}
