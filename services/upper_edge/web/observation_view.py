"""A local observation by name and in units: what the SBS knew when it chose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import PAYLOAD_SCALE_BITS, RATE_SCALE_BPS_HZ, SNR_DB_SCALE, ObservationLayout
from services.upper_edge.web.decision_models import Quantity

_Describe = tuple[str, str, list[str], Callable[[ScenarioConfig], float]]

QUANTITIES: dict[str, _Describe] = {
    "time_left": ("slots", "slots to the deadline, this one included", ["all"], lambda scenario: float(scenario.episode_slots)),
    "is_active": ("", "1: a vehicle with something to send", ["vehicle"], lambda _: 1.0),
    "payload_left": ("bit", "left to deliver; seen only up to 8 Mbit", ["vehicle"], lambda _: PAYLOAD_SCALE_BITS),
    "needed_rate": (
        "bit/s/Hz",
        "on one sub-band, to deliver the rest in time; seen only up to 10",
        ["vehicle"],
        lambda _: RATE_SCALE_BPS_HZ,
    ),
    "last_choice": ("", "1: station and sub-band of the last slot; all 0: silent then", ["vehicle", "choice"], lambda _: 1.0),
    "interference": (
        "dB",
        "(N + I) / N of other cells' links in the last slot, at own SBS and at the MBS",
        ["station", "band"],
        lambda _: SNR_DB_SCALE,
    ),
    "interference_mean": ("dB", "moving average of the same, weight 0.2", ["station", "band"], lambda _: SNR_DB_SCALE),
    "gain": (
        "dB",
        "received power over noise at own SBS and at the MBS, this slot; 0: silent, or not known",
        ["vehicle", "station", "band"],
        lambda _: SNR_DB_SCALE,
    ),
    "mean_gain": (
        "dB",
        "(N + received power) / N without fast fading, at own SBS, MBS and the nearest other SBSs; 0: silent, or none there",
        ["vehicle", "receiver"],
        lambda _: SNR_DB_SCALE,
    ),
}
"""Unit, meaning, axes, and what one of the scaled values is in the unit."""


def quantities_of(local: np.ndarray, scenario: ScenarioConfig) -> list[Quantity]:
    """Each part of one cell's observation, in the order in which the policy sees them."""
    layout = ObservationLayout.of(scenario)
    found = []
    for name, shape in layout.shapes.items():
        unit, meaning, axes, scale_of = QUANTITIES[name]
        scaled = layout.view(local, name).ravel().astype(np.float64)
        found.append(
            Quantity(
                name=name,
                unit=unit,
                meaning=meaning,
                axes=axes,
                shape=list(shape),
                values=(scaled * scale_of(scenario)).tolist(),
                scaled=scaled.tolist(),
            )
        )
    return found
