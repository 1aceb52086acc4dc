"""What a cell knows of its users' requirements: what it observes, or else how they are drawn."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.env.semantic.types import ACCURACY_SLOPE_SCALE, RATE_SCALE_KSUTPS, DownlinkLayout
from hiercoop.traffic.semantic.requirements import Requirements


def known_requirements(scenario: SemanticScenarioConfig, local: Float32[np.ndarray, "env cell feature"]) -> Requirements:
    """Requirements of every user, shapes [env, cell, cell_user]; the means of their draws where they are redrawn each slot."""
    observed = DownlinkLayout.of(scenario).view(local, "requirement")
    if scenario.requirements.is_redrawn_each_slot:
        observed = np.broadcast_to(_means(scenario), observed.shape)
    else:
        observed = observed * np.array([1.0, RATE_SCALE_KSUTPS, 1.0, 1.0, ACCURACY_SLOPE_SCALE], np.float32)
    return Requirements(*np.moveaxis(observed, -1, 0))


def _means(scenario: SemanticScenarioConfig) -> Float32[np.ndarray, "requirement"]:
    drawn = scenario.requirements
    uniform = [sum(bounds) / 2.0 for bounds in (drawn.weight, drawn.rate_ksutps, drawn.accuracy)]
    return np.array([*uniform, drawn.rate_slope_mean, drawn.accuracy_slope_mean], np.float32)
