"""Payloads: what each link has to deliver within a delivery round, and what a slot takes off it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError
from hiercoop.units import BITS_PER_BYTE

MAX_PAYLOAD_BYTES = 1e9
"""Upper bound of one link's payload; the configuration's too."""


def check_payload_bytes(payload_bytes: float) -> float:
    """The payload itself; ConfigError unless it is a number in 0..1e9."""
    if not 0.0 <= payload_bytes <= MAX_PAYLOAD_BYTES:
        raise ConfigError(f"payload_bytes={payload_bytes} must be a number in 0..{MAX_PAYLOAD_BYTES:.0f}")
    return float(payload_bytes)


def link_payload_bits(scenario: ScenarioConfig) -> Float64[np.ndarray, "link"]:
    """What each link has to deliver in a round [bit], by cell where the scenario says so."""
    traffic = scenario.traffic
    steps = np.linspace(1.0, traffic.load_ratio, scenario.num_sbs)
    by_cell = np.array(traffic.cell_payload_bytes or traffic.payload_bytes * (steps / steps.mean()), np.float64)
    return np.repeat(by_cell * BITS_PER_BYTE, scenario.num_vehicles_per_sbs)


def delivered_bits(
    payload_left_bits: Float64[np.ndarray, "*batch link"],
    capacity_bps: Float[np.ndarray, "*batch link"],
    slot_duration_s: float,
) -> Float64[np.ndarray, "*batch link"]:
    """Bits that each link delivers in one slot: the slot's worth, or what was left if that is less.

    A link that finishes delivers exactly what was left, so that the difference is exactly zero.
    """
    delivered: np.ndarray = np.minimum(payload_left_bits, capacity_bps * np.float64(slot_duration_s))
    return delivered


def has_something_to_send(
    is_present: Bool[np.ndarray, "*batch link"],
    payload_left_bits: Float64[np.ndarray, "*batch link"],
    is_full_buffer: bool,
) -> Bool[np.ndarray, "*batch link"]:
    """Links that transmit in this slot: vehicles with bits left, or all vehicles where payloads never end."""
    return is_present.copy() if is_full_buffer else is_present & (payload_left_bits > 0.0)
