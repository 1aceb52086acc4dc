"""The environment as PettingZoo sees it: one agent an SBS."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, MultiDiscrete, Space
from pettingzoo import ParallelEnv

from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.adapters.episode import Episode, EpisodeStep
from hiercoop.env.types import OBSERVATION_BOUND, ObservationLayout

Arrays = dict[str, np.ndarray]
Infos = dict[str, dict[str, Any]]


class HetNetParallelEnv(ParallelEnv):  # type: ignore[misc]
    """K agents `sbs_0` .. `sbs_{K-1}`, one delivery round an episode; all agents get the same reward (9).

    Action: MultiDiscrete, one of 2M choices for each of the V vehicle slots (station * M + sub-band; station 0 is the own
    SBS, 1 the MBS).

    Observation: Box, float32, the local observation of the agent's cell:

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

    Infos: `action_mask` [V, 2M] int8, 1 where a choice is allowed (a row of zeros: whatever is chosen, the vehicle slot is
    silent), and the terms of the reward, `capacity_reward` and `delivery_reward`.

    `state()` is the concatenation of all local observations. The deadline ends an episode: terminated, or truncated where
    payloads never end.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "hiercoop_hetnet_v0", "render_modes": []}
    render_mode = None

    def __init__(self, scenario: ScenarioConfig | None = None) -> None:
        self.scenario = scenario if scenario is not None else load_scenario("urban-grid")
        self.possible_agents = [f"sbs_{cell}" for cell in range(self.scenario.num_sbs)]
        self.agents: list[str] = []
        self._episode = Episode(self.scenario)
        size, bound = ObservationLayout.of(self.scenario).size, OBSERVATION_BOUND
        choices = [self.scenario.num_choices] * self.scenario.num_vehicles_per_sbs
        self.observation_spaces = {agent: Box(-bound, bound, (size,), np.float32) for agent in self.possible_agents}
        self.action_spaces = {agent: MultiDiscrete(choices) for agent in self.possible_agents}
        self.state_space = Box(-bound, bound, (len(self.possible_agents) * size,), np.float32)

    def observation_space(self, agent: str) -> Space[Any]:
        """Space of one agent's observation."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """Space of one agent's action."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, Infos]:
        """A new episode; with a seed, always the same ones from there on. Options are ignored."""
        self.agents = list(self.possible_agents)
        return self._tell(self._episode.begin(seed))

    def step(self, actions: dict[str, np.ndarray]) -> tuple[Arrays, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """One slot. Raises MessageError for a choice that is out of range."""
        choice = np.stack([np.asarray(actions[agent]) for agent in self.possible_agents])
        told = self._episode.advance(choice)
        observations, infos = self._tell(told)
        rewards = dict.fromkeys(self.agents, told.reward)
        terminated = dict.fromkeys(self.agents, told.is_over and not self._episode.is_truncating)
        truncated = dict.fromkeys(self.agents, told.is_over and self._episode.is_truncating)
        if told.is_over:
            self.agents = []
        return observations, rewards, terminated, truncated, infos

    def state(self) -> np.ndarray:
        """All local observations in a row, cell by cell; ConfigError before `reset`."""
        return self._episode.local.reshape(-1)

    def render(self) -> None:
        """Nothing: there is no picture of a slot."""

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, told: EpisodeStep) -> tuple[Arrays, Infos]:
        observations = {agent: told.local[cell] for cell, agent in enumerate(self.possible_agents)}
        infos = {
            agent: {
                "action_mask": told.action_mask[cell].astype(np.int8),
                "capacity_reward": told.capacity_reward,
                "delivery_reward": told.delivery_reward,
            }
            for cell, agent in enumerate(self.possible_agents)
        }
        return observations, infos
