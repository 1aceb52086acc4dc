"""One delivery round as an episode of a single environment: what both adapters show in their own way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.env.types import Observation, RewardTerms
from hiercoop.errors import ConfigError

NO_REWARD = RewardTerms(*np.zeros((3, 1), np.float32))


@dataclass(frozen=True)
class EpisodeStep:
    """What one slot of an episode gives."""

    local: Float32[np.ndarray, "cell feature"]
    action_mask: Bool[np.ndarray, "cell vehicle choice"]
    reward: float
    capacity_reward: float
    delivery_reward: float
    is_over: bool


class Episode:
    """Episodes of one environment, one after the other; seeds begin a sequence of them."""

    def __init__(self, scenario: ScenarioConfig) -> None:
        if scenario.mobility.kind == "trace":
            raise ConfigError('mobility.kind="trace" has no independent episodes; use "drop" or "grid" with the adapters')
        self._scenario = scenario
        self._env: HetNetEnv | None = None
        self._observation: Observation | None = None

    @property
    def is_truncating(self) -> bool:
        """True where an episode's end is no end of the task: payloads never end."""
        return self._scenario.traffic.full_buffer

    @property
    def local(self) -> Float32[np.ndarray, "cell feature"]:
        """The local observations of the slot in hand; ConfigError before `begin`."""
        if self._observation is None:
            raise ConfigError("the environment has no episode yet; call reset first")
        local: np.ndarray = self._observation.local[0]
        return local

    def begin(self, seed: int | None) -> EpisodeStep:
        """The first slot of the next episode, or of the first one of this seed; a seed of the system's if there is none yet."""
        if self._env is None or seed is not None:
            self._env = HetNetEnv(self._scenario, 1, seed if seed is not None else _fresh_seed())
        return self._told(self._env.reset(), NO_REWARD, is_over=False)

    def advance(self, choice: Int[np.ndarray, "cell vehicle"]) -> EpisodeStep:
        """One slot under these choices; ConfigError before `begin`."""
        if self._env is None:
            raise ConfigError("the environment has no episode yet; call reset first")
        outcome = self._env.step(choice[None])
        observation = outcome.final_observation or outcome.observation
        return self._told(observation, outcome.reward, is_over=outcome.measurement.is_round_end)

    def _told(self, observation: Observation, reward: RewardTerms, is_over: bool) -> EpisodeStep:
        self._observation = observation
        return EpisodeStep(
            local=observation.local[0],
            action_mask=observation.action_mask[0],
            reward=float(reward.total[0]),
            capacity_reward=float(reward.capacity[0]),
            delivery_reward=float(reward.delivery[0]),
            is_over=is_over,
        )


def _fresh_seed() -> int:
    return int(np.random.SeedSequence().generate_state(1, np.uint32)[0])
