"""The policy that knows nothing."""

from __future__ import annotations

from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.env.semantic.types import DownlinkAction, DownlinkObservation, num_choices
from hiercoop.seeding import Streams


class RandomDownlink:
    """Beam, power and symbols a word, each uniform and independent: every combination comes up."""

    name = "random"

    def __init__(self, scenario: SemanticScenarioConfig, seed: int) -> None:
        self._counts = num_choices(scenario)
        self._generator = Streams(seed).generator("random-choice")

    def reset(self, num_envs: int) -> None:
        """Nothing is remembered."""

    def act(self, observation: DownlinkObservation) -> DownlinkAction:
        """Three draws a user."""
        shape = observation.action_mask.beam.shape[:3]
        beam, level, symbols = (self._generator.integers(count, size=shape) for count in self._counts)
        return DownlinkAction(beam, level, symbols + 1)
