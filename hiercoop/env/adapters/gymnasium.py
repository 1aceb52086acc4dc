"""The environment as Gymnasium sees it: one agent that controls all cells at once."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, MultiDiscrete

from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.adapters.episode import Episode, EpisodeStep
from hiercoop.env.types import OBSERVATION_BOUND, ObservationLayout

ENV_ID = "hiercoop/HetNet-v0"


class HetNetCentralEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """The central view: K cells of V vehicle slots each, one delivery round an episode.

    Action: MultiDiscrete, one of 2M choices for each of the K x V vehicle slots, cell by cell (station * M + sub-band;
    station 0 is the cell's own SBS, 1 the MBS).

    Observation: Box, float32, the local observations of all cells in a row, each of them:

    | name         | shape     | value                                                         | range     |
    |--------------|-----------|---------------------------------------------------------------|-----------|
    | time_left    | [1]       | slots to the deadline over T                                  | [0, 1]    |
    | is_active    | [V]       | a vehicle with something to send                              | 0 or 1    |
    | payload_left | [V]       | bits left over 800,000; 0 where payloads never end            | [0, 10]   |
    | needed_rate  | [V]       | bits left / (time left x W) / 10; 0 where payloads never end  | [0, 1]    |
    | last_choice  | [V, 2M]   | one-hot choice of the last slot; zeros for a silent link      | 0 or 1    |
    | interference | [2, M]    | 10 log10(1 + I/N) / 20 of other cells' links in the last slot | [0, 10]   |
    | interference_mean | [2, M] | moving average of `interference`, weight 0.2                | [0, 10]   |
    | gain         | [V, 2, M] | 10 log10(P g / N) / 20, this slot; zeros for a silent link    | [-10, 10] |
    | mean_gain    | [V, 2 + N] | 10 log10(1 + P g / N) / 20 without fast fading; zeros for a silent link | [0, 10] |

    Reward: (9). Info: `action_mask` [K x V, 2M] int8, 1 where a choice is allowed, `capacity_reward` and
    `delivery_reward`. The deadline ends an episode: terminated, or truncated where payloads never end.

    Arguments: `scenario`, a `ScenarioConfig`; None is the preset `urban-grid`.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (as the base class has it)

    def __init__(self, scenario: ScenarioConfig | None = None) -> None:
        self.scenario = scenario if scenario is not None else load_scenario("urban-grid")
        self._episode = Episode(self.scenario)
        size = self.scenario.num_sbs * ObservationLayout.of(self.scenario).size
        self.observation_space = Box(-OBSERVATION_BOUND, OBSERVATION_BOUND, (size,), np.float32)
        self.action_space = MultiDiscrete([self.scenario.num_choices] * self.scenario.num_links)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """A new episode; with a seed, always the same ones from there on. Options are ignored."""
        super().reset(seed=seed)
        told = self._episode.begin(seed)
        return told.local.reshape(-1), self._info(told)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One slot. Raises MessageError for a choice that is out of range."""
        told = self._episode.advance(np.asarray(action).reshape(self.scenario.num_sbs, -1))
        is_truncating = self._episode.is_truncating
        return (
            told.local.reshape(-1),
            told.reward,
            told.is_over and not is_truncating,
            told.is_over and is_truncating,
            self._info(told),
        )

    def _info(self, told: EpisodeStep) -> dict[str, Any]:
        return {
            "action_mask": told.action_mask.reshape(-1, self.scenario.num_choices).astype(np.int8),
            "capacity_reward": told.capacity_reward,
            "delivery_reward": told.delivery_reward,
        }


def register() -> None:
    """Makes `gymnasium.make("hiercoop/HetNet-v0")` work; importing this module has done it."""
    if ENV_ID not in gymnasium.registry:
        gymnasium.register(ENV_ID, entry_point=f"{__name__}:{HetNetCentralEnv.__name__}")


register()
