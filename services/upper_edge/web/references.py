"""What the greedy bound and best response would have reached, in one slot a second, on the channels of that slot."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from hiercoop.algorithms.best_response import BestResponse
from hiercoop.algorithms.greedy_bound import strongest_choice
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ChannelState, Observation
from hiercoop.execution.slot_snapshot import SlotDetail
from hiercoop.radio.capacity import shannon_capacity_bps
from hiercoop.radio.sinr import uplink_sinr

MAX_LINKS = 64
"""Best response on more links takes longer than a page should."""
KEPT_SLOTS = 3600


@dataclass(frozen=True)
class Reference:
    """One slot: what the run reached, and what the two schemes would have."""

    slot: int
    sum_capacity_bps: float
    greedy_bound_bps: float
    best_response_bps: float


class References:
    """Slots of one run that were looked at, at most the latest hour."""

    def __init__(self, scenario: ScenarioConfig) -> None:
        self.why_absent = ""
        if scenario.num_links > MAX_LINKS:
            self.why_absent = f"{scenario.num_links} links are more than the {MAX_LINKS} that best response is worked out for"
        self._kept: deque[Reference] = deque(maxlen=KEPT_SLOTS)

    @property
    def latest_slot(self) -> int:
        """The slot looked at last; -1 before the first."""
        return self._kept[-1].slot if self._kept else -1

    def add(self, found: Reference) -> None:
        """Takes in one slot."""
        self._kept.append(found)

    def since(self, slot: int) -> list[Reference]:
        """Those of this slot and later ones."""
        return [one for one in self._kept if one.slot >= slot]


def reference_of(slot: SlotDetail, scenario: ScenarioConfig) -> Reference | None:
    """The two schemes on one slot; None where its gains were not told. Random starts depend on the slot alone."""
    if slot.gain is None:
        return None
    channel = ChannelState(slot.gain[None], slot.active[None], slot.payload_left_bits[None])
    observation = Observation(slot.slot, slot.local[None], np.zeros((1, scenario.num_sbs, 1, 1), np.bool_))
    return Reference(
        slot=slot.slot,
        sum_capacity_bps=float(slot.capacity_bps.sum(dtype=np.float64)),
        greedy_bound_bps=_alone_bps(channel, strongest_choice(channel, scenario.num_sbs), scenario),
        best_response_bps=_together_bps(channel, BestResponse(scenario, slot.slot).allocate(observation, channel), scenario),
    )


def _together_bps(channel: ChannelState, choice: np.ndarray, scenario: ScenarioConfig) -> float:
    """Sum capacity with everybody's interference."""
    radio, links = scenario.radio, choice.reshape(1, -1)
    sinr = uplink_sinr(
        channel.gain, _receivers(links, scenario), links % radio.num_bands, channel.active, radio.tx_power_w, radio.noise_w
    )
    return _sum_bps(sinr, scenario)


def _alone_bps(channel: ChannelState, choice: np.ndarray, scenario: ScenarioConfig) -> float:
    """Sum capacity were no link to disturb another."""
    radio, links = scenario.radio, choice.reshape(1, -1)
    receivers, bands = _receivers(links, scenario)[0], links[0] % radio.num_bands
    gain = channel.gain[0, np.arange(scenario.num_links), receivers, bands]
    return _sum_bps((gain * channel.active[0] * radio.tx_power_w / radio.noise_w)[None], scenario)


def _receivers(choice: np.ndarray, scenario: ScenarioConfig) -> np.ndarray:
    own = np.arange(scenario.num_links) // scenario.num_vehicles_per_sbs
    return np.where(choice >= scenario.radio.num_bands, scenario.num_sbs, own)


def _sum_bps(sinr: np.ndarray, scenario: ScenarioConfig) -> float:
    radio = scenario.radio
    capacity_bps = shannon_capacity_bps(sinr, radio.band_bandwidth_hz, radio.max_spectral_efficiency_bps_hz)
    return float(capacity_bps.sum(dtype=np.float64))
