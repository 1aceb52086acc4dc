"""The rule that learns nothing: strongest own beam by mean power, full power, and a k that meets the rate or never changes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from hiercoop.algorithms.semantic.known_requirements import known_requirements
from hiercoop.config.semantic import MAX_SYMBOLS, SemanticScenarioConfig
from hiercoop.env.semantic.downlink import SemanticDownlinkEnv
from hiercoop.env.semantic.types import DownlinkAction, DownlinkLayout, DownlinkObservation
from hiercoop.traffic.semantic.accuracy import make_accuracy
from hiercoop.traffic.semantic.quality import quality_of_experience
from hiercoop.traffic.semantic.rate import semantic_rate_ksutps

SYMBOLS = np.arange(1, MAX_SYMBOLS + 1)
CALIBRATION_SEED = 1_700_000_000
CALIBRATION_ENVS = 256
CALIBRATION_SLOTS = 20


class FixedRule:
    """Beam and power fixed for a placement; k by `symbols`: "rate", the largest that meets the required rate, or a constant."""

    def __init__(self, scenario: SemanticScenarioConfig, symbols: int | Literal["rate"]) -> None:
        self.name = "fixed-rate" if symbols == "rate" else f"fixed-{symbols}"
        self._scenario = scenario
        self._layout = DownlinkLayout.of(scenario)
        self._symbols = symbols

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def act(self, observation: DownlinkObservation) -> DownlinkAction:
        """The rule's choice for every user."""
        mean_gain = self._layout.view(observation.local, "mean_beam_gain")
        beam = np.argmax(mean_gain, axis=-1)
        full = np.full(beam.shape, self._scenario.radio.num_power_levels - 1)
        return DownlinkAction(beam, full, self._num_symbols(observation, beam.shape))

    def _num_symbols(self, observation: DownlinkObservation, shape: tuple[int, ...]) -> Int64[np.ndarray, "env cell cell_user"]:
        if self._symbols != "rate":
            return np.full(shape, self._symbols)
        wanted_ksutps = known_requirements(self._scenario, observation.local).rate_ksutps
        radio, semantics = self._scenario.radio, self._scenario.semantics
        rates_ksutps = semantic_rate_ksutps(SYMBOLS, radio.bandwidth_hz, semantics.units_per_word)
        num_meeting = np.count_nonzero(rates_ksutps >= wanted_ksutps[..., None], axis=-1)
        symbols: Int64[np.ndarray, "env cell cell_user"] = np.maximum(num_meeting, 1)
        return symbols


def best_constant_symbols(scenario: SemanticScenarioConfig) -> int:
    """The k of greatest mean quality of experience, if every link always uses it on its strongest beam at full power.

    Measured on users of its own, whom no evaluation meets; choices of k change no SINR, so that one run serves them all.
    """
    return int(SYMBOLS[np.argmax(constant_symbols_quality(scenario))])


def constant_symbols_quality(scenario: SemanticScenarioConfig) -> Float64[np.ndarray, "symbols"]:
    """Mean quality of experience of the fixed rule with each k from 1 to 20."""
    env, rule = SemanticDownlinkEnv(scenario, CALIBRATION_ENVS, CALIBRATION_SEED), FixedRule(scenario, 1)
    accuracy_model, radio = make_accuracy(scenario.semantics), scenario.radio
    rate_ksutps = semantic_rate_ksutps(SYMBOLS, radio.bandwidth_hz, scenario.semantics.units_per_word)
    total = np.zeros(MAX_SYMBOLS)
    observation = env.reset()
    for _ in range(CALIBRATION_SLOTS):
        requirements = env.requirements
        outcome = env.step(rule.act(observation))
        observation = outcome.observation
        sinr_db = 10.0 * np.log10(outcome.measurement.sinr)
        for row, k in enumerate(SYMBOLS):
            num_symbols = np.full(sinr_db.shape, k)
            rate = np.full(sinr_db.shape, rate_ksutps[row])
            quality = quality_of_experience(rate, accuracy_model.accuracy(num_symbols, sinr_db), requirements)
            total[row] += float(quality.total.mean())
    return total / CALIBRATION_SLOTS
