"""What the environment says and hears. Choice c of a vehicle slot: station c // M (0 own SBS, 1 MBS), sub-band c % M.

Links are numbered cell by cell: link = cell * V + vehicle slot. Cells are the K SBSs in order, then the MBS (index K).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from hiercoop.config.scenario import ScenarioConfig

SNR_DB_SCALE = 20.0
"""Gains and interference are observed as dB over noise, divided by this."""
OBSERVATION_BOUND = 10.0
"""No observed value is above this in magnitude."""
PAYLOAD_SCALE_BITS = 800_000.0
"""Observed payload_left is bits over this (100 kB)."""
INTERFERENCE_MEAN_WEIGHT = 0.2
"""Weight of the newest slot in the moving average of the interference."""
RATE_SCALE_BPS_HZ = 10.0
"""Observed needed_rate is bit/s/Hz over this."""


@dataclass(frozen=True)
class Observation:
    """What every SBS knows at the start of a slot (6); laid out by `ObservationLayout`."""

    slot: int
    local: Float32[np.ndarray, "env cell feature"]
    action_mask: Bool[np.ndarray, "env cell vehicle choice"]
    """True where a choice is allowed; a row of False is an empty, delivered or absent vehicle slot."""


@dataclass(frozen=True)
class ChannelState:
    """All of it, for centralised baselines and for the trace; an SBS never sees this."""

    gain: Float32[np.ndarray, "env link cell band"]
    active: Bool[np.ndarray, "env link"]
    payload_left_bits: Float64[np.ndarray, "env link"]


@dataclass(frozen=True)
class RewardTerms:
    """(9) and its two terms: total = capacity + delivery, weights included."""

    total: Float32[np.ndarray, "env"]
    capacity: Float32[np.ndarray, "env"]
    delivery: Float32[np.ndarray, "env"]


@dataclass(frozen=True)
class SlotMeasurement:
    """What the slot just scored was worth, per link, before any new round began."""

    active: Bool[np.ndarray, "env link"]
    """Links that transmitted in this slot."""
    choice: Int64[np.ndarray, "env link"]
    sinr: Float32[np.ndarray, "env link"]
    """Zero where not active."""
    capacity_bps: Float32[np.ndarray, "env link"]
    """(4); zero where not active."""
    delivered_bits: Float64[np.ndarray, "env link"]
    payload_left_bits: Float64[np.ndarray, "env link"]
    is_present: Bool[np.ndarray, "env link"]
    """Links that carry a vehicle."""
    is_round_end: bool
    """The deadline of the delivery round fell at the end of this slot."""
    is_delivered: Bool[np.ndarray, "env link"]


@dataclass(frozen=True)
class StepOutcome:
    """One slot scored, and the next one's observation (of a new round where is_round_end)."""

    observation: Observation
    reward: RewardTerms
    measurement: SlotMeasurement
    final_observation: Observation | None
    """At a round's end, what would have been observed had it gone on: for bootstrapping."""


@dataclass(frozen=True)
class ObservationLayout:
    """Where each quantity stands in a local observation of V vehicle slots and M sub-bands.

    | name         | shape     | value                                                   | range     |
    |--------------|-----------|---------------------------------------------------------|-----------|
    | time_left    | [1]       | slots left over T                                       | (0, 1]    |
    | is_active    | [V]       | a vehicle with something to send                        | 0 or 1    |
    | payload_left | [V]       | bits left / PAYLOAD_SCALE_BITS                          | [0, 10]   |
    | needed_rate  | [V]       | bits left / (time left x W) / RATE_SCALE_BPS_HZ         | [0, 1]    |
    | last_choice  | [V, 2M]   | one-hot allocation of the last slot, zero if none       | 0 or 1    |
    | interference | [2, M]    | 10 log10(1 + I/N) / 20 at own SBS, MBS; other cells', t-1 | [0, 10] |
    | interference_mean | [2, M] | moving average of `interference`, weight 0.2; see below     | [0, 10] |
    | gain         | [V, 2, M] | 10 log10(P g / N) / 20 to own SBS, MBS, this slot       | [-10, 10] |
    | mean_gain    | [V, 2 + N] | 10 log10(1 + P g / N) / 20 without fast fading; see below | [0, 10] |

    The average begins again at a fresh placement: the first interference heard after silence counts whole.
    `gain` and `mean_gain` are missing in the paper's bare form, and zero for empty slots; `gain` is zero towards the MBS when
    mbs_csi = "none". `mean_gain` is towards the own SBS, the MBS and the N = `observation.num_neighbours` nearest other SBSs
    (`radio.geometry.neighbour_places`; 0 where there are fewer): what vehicles' filtered measurement reports tell a cell.
    """

    num_vehicles: int
    num_bands: int
    has_gains: bool = True
    num_neighbours: int = 4

    @classmethod
    def of(cls, scenario: ScenarioConfig) -> ObservationLayout:
        """The layout of a scenario; independent of its number of cells."""
        observation = scenario.observation
        return cls(scenario.num_vehicles_per_sbs, scenario.radio.num_bands, observation.has_gains, observation.num_neighbours)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each quantity, in order."""
        vehicles, bands = self.num_vehicles, self.num_bands
        shapes: dict[str, tuple[int, ...]] = {
            "time_left": (1,),
            "is_active": (vehicles,),
            "payload_left": (vehicles,),
            "needed_rate": (vehicles,),
            "last_choice": (vehicles, 2 * bands),
            "interference": (2, bands),
            "interference_mean": (2, bands),
        }
        gains = {"gain": (vehicles, 2, bands), "mean_gain": (vehicles, 2 + self.num_neighbours)}
        return shapes | (gains if self.has_gains else {})

    @cached_property
    def size(self) -> int:
        """Length of a local observation."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def slices(self) -> dict[str, slice]:
        """Position of each quantity in a local observation."""
        return self._slices

    @cached_property
    def _slices(self) -> dict[str, slice]:
        slices: dict[str, slice] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            slices[name] = slice(start, stop)
            start = stop
        return slices

    def view(self, local: Float32[np.ndarray, "*batch feature"], name: str) -> Float32[np.ndarray, "*batch ..."]:
        """One quantity of a batch of local observations, in its own shape; a view, not a copy."""
        return local[..., self._slices[name]].reshape(*local.shape[:-1], *self.shapes[name])
