"""What other ways of coordinating small cells would signal in every slot, from the sizes of their messages.

Nobody exchanges these messages here; their payloads are computed and then counted as if sent, by the same account as everything
else (execution/signalling.py). Assumptions:

- A receiver knows the gains of all K x V links towards itself on every sub-band, from their pilots in the slot. What the MBS
  measures is at hand in the edge cloud, as for every scheme, and stands in the account's separate column.
- A value is an fp32: a gain is one, a complex gain two. Channels are flat over a sub-band here, so complex gains per resource
  block carry nothing that the sub-band's gain does not; what they cost is still what a scheme would pay that sends them.
- A state message has the fields of a FeatureReport, an answer those of an OptionDecision, with one byte more a vehicle for its
  station and sub-band in place of the option.
- Nothing is compressed, quantised or left out because it did not change: an upper bound for schemes that would.
"""

from __future__ import annotations

from collections.abc import Sequence

from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.signalling import SignallingLedger, totals

VALUE_BYTES = 4
"""fp32."""
VALUES_PER_COMPLEX = 2
REPORT_FIELD_BYTES = 36
"""A FeatureReport without its features, as measured on the wire (docs/signalling.md)."""
DECISION_FIELD_BYTES = 15
"""An OptionDecision, measured likewise."""
RESOURCE_BLOCK_HZ = 180e3
"""12 subcarriers of 15 kHz: TS 36.211 clause 6.2.3."""

Bytes = dict[str, int]
"""payload_bytes, http2_bytes and link_bytes of one slot, all cells together."""


def centre_gains_cost(scenario: ScenarioConfig) -> Bytes:
    """Full channel state to the centre: every SBS sends the gain of every link on every sub-band, and gets an allocation."""
    return _centre(scenario, _gain_values(scenario))


def centre_complex_cost(scenario: ScenarioConfig) -> Bytes:
    """The same with a complex gain for every resource block of every sub-band."""
    return _centre(scenario, _gain_values(scenario) * resource_blocks(scenario.radio) * VALUES_PER_COMPLEX)


def mesh_gains_cost(scenario: ScenarioConfig) -> Bytes:
    """Full mesh: every SBS sends its gains to every other one; all come to one allocation, none is sent."""
    num_messages = scenario.num_sbs * (scenario.num_sbs - 1)
    return _bytes([REPORT_FIELD_BYTES + VALUE_BYTES * _gain_values(scenario)] * num_messages, [])


def resource_blocks(radio: RadioConfig) -> int:
    """Whole resource blocks in one sub-band, at least one."""
    return max(1, int(radio.band_bandwidth_hz // RESOURCE_BLOCK_HZ))


def _gain_values(scenario: ScenarioConfig) -> int:
    return scenario.num_links * scenario.radio.num_bands


def _centre(scenario: ScenarioConfig, num_values: int) -> Bytes:
    up = [REPORT_FIELD_BYTES + VALUE_BYTES * num_values] * scenario.num_sbs
    down = [DECISION_FIELD_BYTES + scenario.num_vehicles_per_sbs] * scenario.num_sbs
    return _bytes(up, down)


def _bytes(up: Sequence[int], down: Sequence[int]) -> Bytes:
    ledger = SignallingLedger()
    for is_up, messages in ((True, up), (False, down)):
        for payload_bytes in messages:
            ledger.record(0, 1, "ChannelStateReport" if is_up else "Allocation", is_up, payload_bytes)
    counted = totals(ledger.counts())
    return {layer: counted[layer] for layer in ("payload_bytes", "http2_bytes", "link_bytes")}
