"""The semantic downlink as PettingZoo sees it: one agent a cell."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box, MultiDiscrete, Space
from pettingzoo import ParallelEnv

from hiercoop.config.semantic import SemanticScenarioConfig, load_semantic_scenario
from hiercoop.env.semantic.downlink import SemanticDownlinkEnv
from hiercoop.env.semantic.types import OBSERVATION_BOUND, DownlinkAction, DownlinkLayout, DownlinkObservation, num_choices
from hiercoop.errors import ConfigError

Arrays = dict[str, np.ndarray]
Infos = dict[str, dict[str, Any]]


class SemanticDownlinkParallelEnv(ParallelEnv):  # type: ignore[misc]
    """K agents `cell_0` .. `cell_{K-1}`, the stay of the same users an episode; all agents get the same reward.

    Action: MultiDiscrete, for each of the U users in turn a beam, a power level and 1 to 20 symbols a word. Between epochs
    beam and power hold whatever is chosen.

    Observation: Box, float32, as `hiercoop.env.semantic.types.DownlinkLayout` lays it out.

    Reward: mean quality of experience of all users. Infos: `action_mask` [U, beams + levels + 20] int8, 1 where a choice is
    allowed, and of the agent's own users, on average, `rate_quality` and `accuracy_quality`, whose sum is their quality.

    `state()` is the concatenation of all local observations. An episode's end is no end of the task, so it truncates.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "hiercoop_semantic_downlink_v0", "render_modes": []}
    render_mode = None

    def __init__(self, scenario: SemanticScenarioConfig | None = None) -> None:
        self.scenario = scenario if scenario is not None else load_semantic_scenario("semantic-downlink")
        self.possible_agents = [f"cell_{cell}" for cell in range(self.scenario.num_cells)]
        self.agents: list[str] = []
        self._env: SemanticDownlinkEnv | None = None
        self._observation: DownlinkObservation | None = None
        per_cell = self.scenario.users.num_per_cell
        size, bound = DownlinkLayout.of(self.scenario).size, OBSERVATION_BOUND
        counts, starts = np.array(num_choices(self.scenario) * per_cell), np.array((0, 0, 1) * per_cell)
        self.observation_spaces = {agent: Box(-bound, bound, (size,), np.float32) for agent in self.possible_agents}
        self.action_spaces = {agent: MultiDiscrete(counts, start=starts) for agent in self.possible_agents}
        self.state_space = Box(-bound, bound, (len(self.possible_agents) * size,), np.float32)

    def observation_space(self, agent: str) -> Space[Any]:
        """Space of one agent's observation."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """Space of one agent's action."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Arrays, Infos]:
        """A new episode; with a seed, always the same ones from there on. Options are ignored."""
        if self._env is None or seed is not None:
            fresh_seed = int(np.random.SeedSequence().generate_state(1, np.uint32)[0])
            self._env = SemanticDownlinkEnv(self.scenario, 1, seed if seed is not None else fresh_seed)
        self.agents = list(self.possible_agents)
        nothing = np.zeros(self.scenario.num_users, np.float32)
        return self._tell(self._env.reset(), nothing, nothing)

    def step(self, actions: Arrays) -> tuple[Arrays, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """One slot. MessageError for a choice that is out of range, ConfigError before `reset`."""
        if self._env is None:
            raise ConfigError("the environment has no episode yet; call reset first")
        chosen = np.stack([np.asarray(actions[agent]).reshape(-1, 3) for agent in self.possible_agents])[None]
        outcome = self._env.step(DownlinkAction(chosen[..., 0], chosen[..., 1], chosen[..., 2]))
        quality, is_over = outcome.measurement.quality, outcome.measurement.is_episode_end
        observations, infos = self._tell(outcome.final_observation or outcome.observation, quality.rate[0], quality.accuracy[0])
        rewards = dict.fromkeys(self.agents, float(outcome.reward[0]))
        terminated, truncated = dict.fromkeys(self.agents, False), dict.fromkeys(self.agents, is_over)
        if is_over:
            self.agents = []
        return observations, rewards, terminated, truncated, infos

    def state(self) -> np.ndarray:
        """All local observations in a row, cell by cell; ConfigError before `reset`."""
        if self._observation is None:
            raise ConfigError("the environment has no episode yet; call reset first")
        return np.ascontiguousarray(self._observation.local[0]).reshape(-1)

    def render(self) -> None:
        """Nothing: there is no picture of a slot."""

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, observation: DownlinkObservation, rate: np.ndarray, accuracy: np.ndarray) -> tuple[Arrays, Infos]:
        self._observation = observation
        mask = observation.action_mask
        allowed = np.concatenate([mask.beam[0], mask.power_level[0], mask.num_symbols[0]], axis=-1).astype(np.int8)
        num_cells = self.scenario.num_cells
        rate_quality, accuracy_quality = (part.reshape(num_cells, -1).mean(axis=1) for part in (rate, accuracy))
        observations = {agent: observation.local[0, cell].copy() for cell, agent in enumerate(self.possible_agents)}
        infos = {
            agent: {
                "action_mask": allowed[cell],
                "rate_quality": float(rate_quality[cell]),
                "accuracy_quality": float(accuracy_quality[cell]),
            }
            for cell, agent in enumerate(self.possible_agents)
        }
        return observations, infos
