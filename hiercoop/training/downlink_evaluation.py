"""How good a policy of the semantic downlink is: the same episodes for every policy, and what they were worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiercoop.algorithms.semantic.policy import DownlinkPolicy
from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.env.semantic import DownlinkMeasurement, SemanticDownlinkEnv
from hiercoop.errors import ConfigError
from hiercoop.training.evaluation import Estimate, estimate

EPISODES_AT_ONCE = 64
"""Environments in a batch, at most."""
METRICS = ("qoe", "rate_qoe", "accuracy_qoe", "rate_ksutps", "accuracy", "sinr_db", "power_w", "num_symbols")
"""What is averaged over the slots and users of an episode."""
LEAST_SINR = 1e-4
"""A silent link counts as -40 dB."""


@dataclass(frozen=True)
class DownlinkReport:
    """What `hiercoop evaluate --json` prints for the semantic downlink."""

    policy: str
    scenario: str
    episodes: int
    seed: int
    metrics: dict[str, Estimate]

    def to_json(self) -> dict[str, object]:
        """The object with the command line's keys."""
        return {
            "policy": self.policy,
            "scenario": self.scenario,
            "episodes": self.episodes,
            "seed": self.seed,
            **{name: {"mean": value.mean, "ci95": list(value.ci95)} for name, value in self.metrics.items()},
        }


def evaluate_downlink(
    scenario: SemanticScenarioConfig,
    policy: DownlinkPolicy,
    episodes: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> DownlinkReport:
    """What a policy is worth over so many episodes, each the whole stay of its users.

    The same seed and number of episodes give every policy the same users, places and channels. ConfigError for episodes < 1.
    """
    if episodes < 1:
        raise ConfigError(f"episodes={episodes} must be at least 1")
    env = SemanticDownlinkEnv(scenario, min(episodes, EPISODES_AT_ONCE), seed)
    played: list[dict[str, Float64[np.ndarray, "env"]]] = []
    while len(played) * env.num_envs < episodes:
        played.append(_episode(env, policy))
        if progress is not None:
            progress(min(len(played) * env.num_envs, episodes))
    samples = {name: np.concatenate([batch[name] for batch in played])[:episodes] for name in METRICS}
    return DownlinkReport(
        policy.name, scenario.name, episodes, seed, {name: estimate(value) for name, value in samples.items()}
    )


def _episode(env: SemanticDownlinkEnv, policy: DownlinkPolicy) -> dict[str, Float64[np.ndarray, "env"]]:
    observation = env.reset()
    policy.reset(env.num_envs)
    total = {name: np.zeros(env.num_envs) for name in METRICS}
    for _ in range(env.scenario.episode_slots):
        outcome = env.step(policy.act(observation))
        for name, value in _metrics(outcome.measurement).items():
            total[name] += value.mean(axis=1, dtype=np.float64)
        observation = outcome.observation
    return {name: value / env.scenario.episode_slots for name, value in total.items()}


def _metrics(slot: DownlinkMeasurement) -> dict[str, np.ndarray]:
    return {
        "qoe": slot.quality.total,
        "rate_qoe": slot.quality.rate,
        "accuracy_qoe": slot.quality.accuracy,
        "rate_ksutps": slot.rate_ksutps,
        "accuracy": slot.accuracy,
        "sinr_db": 10.0 * np.log10(np.maximum(slot.sinr, LEAST_SINR)),
        "power_w": slot.power_w,
        "num_symbols": slot.num_symbols,
    }
