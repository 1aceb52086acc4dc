"""Each cell for itself: the beam that is strongest now, full power, and the k that is best if nothing changes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int64

from hiercoop.algorithms.semantic.known_requirements import known_requirements
from hiercoop.config.semantic import MAX_SYMBOLS, SemanticScenarioConfig
from hiercoop.env.semantic.types import DB_SCALE, DownlinkAction, DownlinkLayout, DownlinkObservation
from hiercoop.traffic.semantic.accuracy import make_accuracy
from hiercoop.traffic.semantic.quality import quality_of_experience
from hiercoop.traffic.semantic.rate import semantic_rate_ksutps


class GreedyDownlink:
    """The strongest beam of the epoch's sweep at full power; k of the greatest quality at the SINR of the last slot.

    In a user's first slot no SINR has been measured, and the cell reckons as if it were alone.
    """

    name = "greedy"

    def __init__(self, scenario: SemanticScenarioConfig) -> None:
        self._scenario = scenario
        self._layout = DownlinkLayout.of(scenario)
        self._accuracy = make_accuracy(scenario.semantics)

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def act(self, observation: DownlinkObservation) -> DownlinkAction:
        """Each user's own best choice."""
        beam_gain = self._layout.view(observation.local, "beam_gain")
        beam = np.argmax(beam_gain, axis=-1)
        full = np.full(beam.shape, self._scenario.radio.num_power_levels - 1)
        is_measured = self._layout.view(observation.local, "num_symbols") > 0.0
        expected = np.where(is_measured, self._layout.view(observation.local, "sinr"), beam_gain.max(axis=-1))
        return DownlinkAction(beam, full, self._best_symbols(observation, expected * np.float32(DB_SCALE)))

    def _best_symbols(
        self, observation: DownlinkObservation, sinr_db: Float32[np.ndarray, "env cell cell_user"]
    ) -> Int64[np.ndarray, "env cell cell_user"]:
        wanted = known_requirements(self._scenario, observation.local)
        radio, semantics = self._scenario.radio, self._scenario.semantics
        best, best_quality = np.ones(sinr_db.shape, np.int64), np.full(sinr_db.shape, -1.0, np.float32)
        for k in range(1, MAX_SYMBOLS + 1):
            num_symbols = np.full(sinr_db.shape, k)
            rate_ksutps = semantic_rate_ksutps(num_symbols, radio.bandwidth_hz, semantics.units_per_word)
            quality = quality_of_experience(rate_ksutps, self._accuracy.accuracy(num_symbols, sinr_db), wanted).total
            best = np.where(quality > best_quality, k, best)
            best_quality = np.maximum(quality, best_quality)
        return best
