"""Channel gains (1): everything between a vehicle's transmitter and a station's decoder, linear."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.units import db_to_linear


def large_scale_gain(
    path_loss_db: Float[np.ndarray, "*vehicle cell"],
    shadowing_db: Float[np.ndarray, "*vehicle cell"],
    scenario: ScenarioConfig,
) -> Float32[np.ndarray, "*vehicle cell"]:
    """Gain towards every cell without fast fading, linear: path loss, shadowing, both antennas, the receiver's noise figure.

    The noise figure counts as a loss for wanted and interfering links alike, so that the noise power stays (1)'s.
    """
    sbs, mbs = scenario.radio.sbs, scenario.radio.mbs
    receiver_db = np.full(scenario.num_sbs + 1, sbs.gain_dbi - sbs.noise_figure_db, dtype=np.float32)
    receiver_db[-1] = mbs.gain_dbi - mbs.noise_figure_db
    gain_db = scenario.radio.vehicle_gain_dbi + receiver_db - path_loss_db - shadowing_db
    gain: Float32[np.ndarray, "*vehicle cell"] = db_to_linear(gain_db).astype(np.float32)
    return gain


def channel_gain(
    large_scale: Float32[np.ndarray, "env link cell"], fading: Float32[np.ndarray, "env link cell band"]
) -> Float32[np.ndarray, "env link cell band"]:
    """Gain (1) of every link to every cell on every band, linear."""
    gain: Float32[np.ndarray, "env link cell band"] = large_scale[..., None] * fading
    return gain
