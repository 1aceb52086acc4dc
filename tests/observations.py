"""Plausible random local observations."""

from __future__ import annotations

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ObservationLayout


def random_rows(scenario: ScenarioConfig, num_rows: int, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Inputs of sbs.onnx: some vehicle slots empty, all else within an observation's ranges."""
    layout = ObservationLayout.of(scenario)
    local = generator.random((num_rows, layout.size)).astype(np.float32)
    active = generator.random((num_rows, layout.num_vehicles)) < 0.8
    layout.view(local, "is_active")[...] = active
    for name in ("interference", "interference_mean"):
        layout.view(local, name)[...] *= 2.0
    if layout.has_gains:
        gain = layout.view(local, "gain")
        gain[...] = generator.normal(1.5, 0.8, gain.shape) * active[:, :, None, None]
        mean_gain = layout.view(local, "mean_gain")
        mean_gain[...] = generator.exponential(0.8, mean_gain.shape) * active[:, :, None]
    shape = (num_rows, layout.num_vehicles, scenario.num_choices)
    return {
        "local": local,
        "mask": np.repeat(active[:, :, None], scenario.num_choices, axis=2),
        "option": generator.integers(0, 8, num_rows),
        "noise": generator.gumbel(size=shape).astype(np.float32),
    }
