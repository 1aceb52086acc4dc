"""Channel state as a small cell tells it, and as whoever has heard all of them puts it together again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState
from hiercoop.execution.scheme_cost import resource_blocks
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_state_service_pb2 import ChannelStateReport

ATTACH_EPOCH = 1
RUN_EPOCH = 1
BUDGET_US = 1_000_000


def make_report(
    scenario: ScenarioConfig, channel: ChannelState, cell: int, slot: int, is_complex: bool = False
) -> ChannelStateReport:
    """What one SBS knows in a slot: the gains of all links towards itself, and its own vehicles' queues."""
    vehicles = scenario.num_vehicles_per_sbs
    own = slice(cell * vehicles, (cell + 1) * vehicles)
    gain = channel.gain[0, :, cell]
    return ChannelStateReport(
        cell=cell,
        slot=slot,
        sequence=slot + 1,
        run_epoch=RUN_EPOCH,
        attach_epoch=ATTACH_EPOCH,
        gain=codec.encode_array(_amplitudes(gain, resource_blocks(scenario.radio)) if is_complex else gain),
        payload_left_bits=codec.encode_array(channel.payload_left_bits[0, own].astype(np.float32)),
        active=codec.roster_bits(np.flatnonzero(channel.active[0, own]).tolist()),
        budget_us=BUDGET_US,
    )


def assemble(
    scenario: ScenarioConfig, reports: Mapping[int, ChannelStateReport], mbs_gain: Float32[np.ndarray, "link band"]
) -> ChannelState:
    """The whole channel of a slot from every SBS's report and what the MBS measures; MessageError for a malformed one."""
    vehicles, links, bands = scenario.num_vehicles_per_sbs, scenario.num_links, scenario.radio.num_bands
    gain = np.empty((1, links, scenario.num_sbs + 1, bands), np.float32)
    active = np.zeros((1, links), np.bool_)
    payload_left_bits = np.empty((1, links))
    for cell in range(scenario.num_sbs):
        report, own = reports[cell], slice(cell * vehicles, (cell + 1) * vehicles)
        gain[0, :, cell] = _gains(report, scenario)
        active[0, cell * vehicles + np.array(codec.cells_of(report.active, vehicles), np.int64)] = True
        payload_left_bits[0, own] = codec.decode_array(report.payload_left_bits, (vehicles,), np.float32)
    gain[0, :, scenario.num_sbs] = mbs_gain
    return ChannelState(gain, active, payload_left_bits)


def _amplitudes(gain: Float32[np.ndarray, "link band"], num_blocks: int) -> Float32[np.ndarray, "link band block 2"]:
    """Amplitudes of these power gains; flat over a sub-band, so equal in its resource blocks, and real."""
    amplitude = np.zeros((*gain.shape, num_blocks, 2), np.float32)
    amplitude[..., 0] = np.sqrt(gain)[..., None]
    return amplitude


def _gains(report: ChannelStateReport, scenario: ScenarioConfig) -> Float32[np.ndarray, "link band"]:
    shape = (scenario.num_links, scenario.radio.num_bands)
    if len(report.gain.shape) == len(shape):
        return codec.decode_array(report.gain, shape, np.float32)
    amplitude = codec.decode_array(report.gain, (*shape, resource_blocks(scenario.radio), 2), np.float32)
    power: np.ndarray = np.square(amplitude[..., 0, :]).sum(axis=-1)
    return power
