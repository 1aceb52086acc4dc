"""What the semantic downlink says and hears.

Users and links are numbered cell by cell, user = cell * U + place in the cell, and link i serves user i.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int, Int64

from hiercoop.config.semantic import MAX_SYMBOLS, SemanticScenarioConfig
from hiercoop.traffic.semantic.quality import Quality

DB_SCALE = 20.0
"""Gains, interference and SINR are observed in dB over this."""
OBSERVATION_BOUND = 10.0
"""No observed value is above this in magnitude."""
SINR_MEAN_WEIGHT = 0.2
"""Weight of the newest slot in the moving average of the SINR in dB."""
RATE_SCALE_KSUTPS = 100.0
ACCURACY_SLOPE_SCALE = 100.0
NUM_REQUIREMENTS = 5


@dataclass(frozen=True)
class DownlinkAction:
    """What every cell does for each of its users; beam and power hold where the mask leaves no choice."""

    beam: Int[np.ndarray, "env cell cell_user"]
    """Index into the codebook."""
    power_level: Int[np.ndarray, "env cell cell_user"]
    """0 is silence, the last level the link's whole share of the base station's power."""
    num_symbols: Int[np.ndarray, "env cell cell_user"]
    """k: symbols a word, 1 to 20."""


@dataclass(frozen=True)
class ActionMask:
    """True where a choice is allowed. Between epochs only what is held is; `num_symbols` column c stands for k = c + 1."""

    beam: Bool[np.ndarray, "env cell cell_user beam"]
    power_level: Bool[np.ndarray, "env cell cell_user level"]
    num_symbols: Bool[np.ndarray, "env cell cell_user symbols"]


@dataclass(frozen=True)
class DownlinkObservation:
    """What every cell knows at the start of a slot; laid out by `DownlinkLayout`."""

    slot: int
    local: Float32[np.ndarray, "env cell feature"]
    action_mask: ActionMask
    is_epoch_start: bool
    """The upper layer chooses in this slot."""


@dataclass(frozen=True)
class DownlinkMeasurement:
    """What the slot just scored was worth, per link."""

    beam: Int64[np.ndarray, "env link"]
    power_w: Float32[np.ndarray, "env link"]
    num_symbols: Int64[np.ndarray, "env link"]
    sinr: Float32[np.ndarray, "env link"]
    """Zero where the link is silent."""
    rate_ksutps: Float32[np.ndarray, "env link"]
    """Zero where the link is silent."""
    accuracy: Float32[np.ndarray, "env link"]
    """Zero where the link is silent."""
    quality: Quality
    is_episode_end: bool


@dataclass(frozen=True)
class DownlinkOutcome:
    """One slot scored, and the next one's observation (of other users where is_episode_end)."""

    observation: DownlinkObservation
    reward: Float32[np.ndarray, "env"]
    """Mean quality of experience of all users."""
    measurement: DownlinkMeasurement
    final_observation: DownlinkObservation | None
    """At an episode's end, what would have been observed had it gone on: for bootstrapping."""


@dataclass(frozen=True)
class DownlinkLayout:
    """Where each quantity stands in a local observation of U users, B beams and N neighbours.

    | name           | shape  | value                                                                        | range    |
    |----------------|--------|------------------------------------------------------------------------------|----------|
    | epoch_age      | [1]    | slots since the epoch began over slots_per_epoch                             | [0, 1)   |
    | requirement    | [U, 5] | w, phi_req / 100 ksut/s, xi_req, beta, lambda / 100; zeros where redrawn       | [0, 10]  |
    | mean_beam_gain | [U, B] | 10 log10(P g / N) / 20 of own beams without small-scale fading               | [-10, 10] |
    | beam_gain      | [U, B] | 10 log10(P g / N) / 20 of own beams, swept when the epoch began              | [-10, 10] |
    | neighbour_gain | [U, N] | 10 log10(P g / N) / 20 of the nearest other sites, without beams and fading | [-10, 10] |
    | beam           | [U, B] | one-hot beam in force; zeros before the first slot                           | 0 or 1   |
    | power          | [U]    | power in force over the link's share                                         | [0, 1]   |
    | num_symbols    | [U]    | k of the last slot / 20; 0 before the first                                  | [0, 1]   |
    | gain           | [U]    | 10 log10(P g / N) / 20 of the beam in force in this slot; 0 before the first | [-10, 10] |
    | interference   | [U]    | 10 log10(1 + I / N) / 20 in the last slot; 0 before the first                | [0, 10]  |
    | sinr           | [U]    | 10 log10(SINR) / 20 of the last slot, silent: -2; 0 before the first         | [-10, 10] |
    | sinr_mean      | [U]    | moving average of `sinr`, weight 0.2                                         | [-10, 10] |
    | rate_quality   | [U]    | the rate's part of the last slot's quality of experience                     | [0, 1]   |
    | accuracy_quality | [U]  | the accuracy's part of it                                                    | [0, 1]   |

    P is the link's share of the greatest power, N the noise power; a neighbour that does not exist is observed as 0.
    """

    num_users: int
    num_beams: int
    num_neighbours: int

    @classmethod
    def of(cls, scenario: SemanticScenarioConfig) -> DownlinkLayout:
        """The layout of a scenario; independent of its number of cells."""
        return cls(scenario.users.num_per_cell, scenario.radio.num_beams, scenario.num_neighbours)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each quantity, in order."""
        users, beams = self.num_users, self.num_beams
        return {
            "epoch_age": (1,),
            "requirement": (users, NUM_REQUIREMENTS),
            "mean_beam_gain": (users, beams),
            "beam_gain": (users, beams),
            "neighbour_gain": (users, self.num_neighbours),
            "beam": (users, beams),
            **dict.fromkeys(SLOT_QUANTITIES, (users,)),
        }

    @cached_property
    def size(self) -> int:
        """Length of a local observation."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Position of each quantity in a local observation."""
        slices: dict[str, slice] = {}
        start = 0
        for name, shape in self.shapes.items():
            slices[name] = slice(start, start + math.prod(shape))
            start += math.prod(shape)
        return slices

    def view(self, local: Float32[np.ndarray, "*batch feature"], name: str) -> Float32[np.ndarray, "*batch ..."]:
        """One quantity of a batch of local observations, in its own shape; a view, not a copy."""
        return local[..., self.slices[name]].reshape(*local.shape[:-1], *self.shapes[name])


SLOT_QUANTITIES = (
    "power",
    "num_symbols",
    "gain",
    "interference",
    "sinr",
    "sinr_mean",
    "rate_quality",
    "accuracy_quality",
)
"""One number a user, new in every slot, in the order in which they stand."""


def num_choices(scenario: SemanticScenarioConfig) -> tuple[int, int, int]:
    """Beams, power levels and symbols a word that a link can choose from."""
    return scenario.radio.num_beams, scenario.radio.num_power_levels, MAX_SYMBOLS
