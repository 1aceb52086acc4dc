"""Cumulative counts of a run, whole and by cell: what `Watch` shows and reports sum up."""

from __future__ import annotations

import bisect
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import SlotMeasurement
from hiercoop.rpc.v1.channel_sim_service_pb2 import OptionState

OPTION_LENGTH_EDGES_SLOTS = (1, 2, 4, 8, 16, 32)
"""Upper edges of the bins of option lengths; the last bin is open."""
GAIN_BYTES = 4
"""One fp32 value, as the MBS would tell it to an SBS."""


@dataclass
class CellCounts:
    """Of one cell, since the run began."""

    missed_slots: int = 0
    gaps: int = 0
    reconnects: int = 0
    capacity_bits: float = 0.0
    rounds_delivered: int = 0
    rounds_offered: int = 0
    reports: int = 0
    terminations: int = 0
    option_slots: Counter[int] = field(default_factory=Counter)
    option_length_bins: list[int] = field(default_factory=lambda: [0] * (len(OPTION_LENGTH_EDGES_SLOTS) + 1))
    option: int = 0
    option_since_slot: int = 0

    def count_round(self, num_offered: int, num_delivered: int) -> None:
        """Adds what became of the cell's payloads in one delivery round."""
        self.rounds_offered += num_offered
        self.rounds_delivered += num_delivered

    def count_option(self, state: OptionState, slot: int) -> None:
        """Adds which option held in one slot, and how long the last one lasted."""
        if state.option_since_slot != self.option_since_slot and slot > 0:
            length_slots = max(1, state.option_since_slot - self.option_since_slot)
            self.option_length_bins[bisect.bisect_left(OPTION_LENGTH_EDGES_SLOTS, length_slots)] += 1
        self.option, self.option_since_slot = state.option, state.option_since_slot
        self.option_slots[state.option] += 1
        self.terminations += state.terminated
        self.reports += state.reported


@dataclass
class RunCounts:
    """Of the whole run. Sums over a few links are Python's: numpy's reductions cost several times as much."""

    capacity_bits: float = 0.0
    delivered_bits: float = 0.0
    rounds_delivered: int = 0
    rounds_offered: int = 0
    time_to_deliver_s: float = 0.0
    late_slots: int = 0
    skipped_ticks: int = 0
    """Of the late slots: those of the wall clock that no slot was simulated in."""
    dropped_messages: int = 0
    mbs_csi_bytes: int = 0
    mbs_allocation_bytes: int = 0

    def count(self, measured: SlotMeasurement, scenario: ScenarioConfig, slot: int) -> None:
        """Adds what one slot was worth."""
        slot_s = scenario.radio.slot_duration_s
        self.capacity_bits += sum(measured.capacity_bps[0].tolist()) * slot_s
        self.delivered_bits += sum(measured.delivered_bits[0].tolist())
        if scenario.traffic.full_buffer:
            return
        num_finished = int(np.count_nonzero(measured.active[0] & measured.is_delivered[0]))
        self.time_to_deliver_s += num_finished * (slot % scenario.episode_slots + 1) * slot_s
        if measured.is_round_end:
            self.rounds_offered += int(np.count_nonzero(measured.is_present[0]))
            self.rounds_delivered += int(np.count_nonzero(measured.is_delivered[0]))

    def count_mbs(self, measured: SlotMeasurement, scenario: ScenarioConfig, num_cells: int) -> None:
        """Adds what the MBS and the SBSs told each other about its receiver, at one fp32 a value and one byte a choice."""
        bands = scenario.radio.num_bands
        if scenario.observation.mbs_csi != "none":
            self.mbs_csi_bytes += GAIN_BYTES * bands * (int(np.count_nonzero(measured.active[0])) + num_cells)
        self.mbs_allocation_bytes += int(np.count_nonzero(measured.active[0] & (measured.choice[0] >= bands)))
