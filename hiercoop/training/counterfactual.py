"""What a slot would have brought had one cell chosen otherwise: the simulator knows the channel, training may ask it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.radio.sinr import uplink_sinr


def capacity_otherwise_bps(
    scenario: ScenarioConfig,
    channel: ChannelState,
    choice: Int[np.ndarray, "env cell vehicle"],
    alternatives: Int[np.ndarray, "draw env cell vehicle"],
) -> Float[np.ndarray, "draw env cell"]:
    """Sum capacity [bit/s] over all links if one cell had chosen as one of its alternatives says, all others as they did."""
    draws, envs, cells, vehicles = alternatives.shape
    joint = np.broadcast_to(choice[None, :, None], (draws, envs, cells, cells, vehicles)).copy()
    each = np.arange(cells)
    joint[:, :, each, each] = alternatives
    joint = joint.reshape(-1, cells * vehicles)
    bands = scenario.radio.num_bands
    own_cell = np.repeat(each, vehicles)
    gain = np.repeat(channel.gain, cells, axis=0)
    active = np.repeat(channel.active, cells, axis=0)
    sinr = uplink_sinr(
        np.tile(gain, (draws, 1, 1, 1)),
        np.where(joint >= bands, cells, own_cell),
        joint % bands,
        np.tile(active, (draws, 1)),
        scenario.radio.tx_power_w,
        scenario.radio.noise_w,
    )
    radio = scenario.radio
    capacity_bps = shannon_capacity_bps(sinr, radio.band_bandwidth_hz, radio.max_spectral_efficiency_bps_hz)
    sum_bps: np.ndarray = capacity_bps.sum(axis=1).reshape(draws, envs, cells)
    return sum_bps
