"""How good a policy is: the same episodes for every policy, and what they were worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float64

from hiercoop.algorithms.allocator import Allocator, Signalling
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env import HetNetEnv, Observation
from hiercoop.errors import ConfigError, InputFileError
from hiercoop.training.interference_free import InterferenceFreeScore
from hiercoop.training.round_tally import METRICS, LinkOutcomes, RoundTally

EPISODES_AT_ONCE = 64
"""Environments in a batch, at most."""
NORMAL_95 = 1.959964
"""97.5 % point of the standard normal distribution."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Estimate:
    """Mean over episodes with a 95 % confidence interval (normal approximation); None where too few episodes count."""

    mean: float | None
    ci95: tuple[float | None, float | None]


@dataclass(frozen=True)
class EvaluationReport:
    """What `hiercoop evaluate --json` prints."""

    policy: str
    scenario: str
    episodes: int
    seed: int
    payload_bytes: float | None
    """Mean over cells; None where payloads never end."""
    metrics: dict[str, Estimate]
    signalling: Signalling
    option_share: list[float]

    def to_json(self) -> dict[str, object]:
        """The object with the command line's keys."""
        return {
            "policy": self.policy,
            "scenario": self.scenario,
            "episodes": self.episodes,
            "seed": self.seed,
            "payload_bytes": self.payload_bytes,
            **{name: {"mean": value.mean, "ci95": list(value.ci95)} for name, value in self.metrics.items()},
            "signalling": asdict(self.signalling),
            "option_share": self.option_share,
        }


@dataclass(frozen=True)
class EpisodeSamples:
    """Delivery rounds one by one: what a report averages."""

    metrics: dict[str, Float64[np.ndarray, "episode"]]
    """The names of round_tally.METRICS; NaN where a round has nothing to average."""
    links: LinkOutcomes


def evaluate(
    scenario: ScenarioConfig, allocator: Allocator, episodes: int, seed: int, progress: Progress | None = None
) -> EvaluationReport:
    """What a policy is worth over so many delivery rounds, each from its first slot to its deadline.

    The same seed and number of episodes give every policy the same places and channels. Where the scenario drops vehicles,
    episodes are independent; where traffic drives, they are the successive rounds of one run, fewer if a trace ends before.
    Raises ConfigError for episodes < 1 and InputFileError for a trace without one whole round.
    """
    samples = sample_episodes(scenario, allocator, episodes, seed, progress)
    return EvaluationReport(
        policy=allocator.name,
        scenario=scenario.name,
        episodes=len(samples.metrics["reward"]),
        seed=seed,
        payload_bytes=offered_payload_bytes(scenario),
        metrics={name: estimate(value) for name, value in samples.metrics.items()},
        signalling=allocator.signalling(),
        option_share=allocator.option_share(),
    )


def sample_episodes(
    scenario: ScenarioConfig, allocator: Allocator, episodes: int, seed: int, progress: Progress | None = None
) -> EpisodeSamples:
    """What `evaluate` averages: each delivery round's metrics, and each link's; with its errors."""
    if episodes < 1:
        raise ConfigError(f"episodes={episodes} must be at least 1")
    num_envs = min(episodes, EPISODES_AT_ONCE) if scenario.mobility.kind == "drop" else 1
    env = HetNetEnv(scenario, num_envs, seed)
    rounds: list[_Round] = []
    run = _Run(env, allocator)
    while len(rounds) * num_envs < episodes:
        played = run.next_round()
        if played is None:
            break
        rounds.append(played)
        if progress is not None:
            progress(min(len(rounds) * num_envs, episodes))
    if not rounds:
        raise InputFileError(f"the trace ends before one round of {scenario.episode_slots} slots; use a longer one")
    return EpisodeSamples(
        metrics={name: np.concatenate([played.metrics[name] for played in rounds])[:episodes] for name in METRICS},
        links=LinkOutcomes(
            np.concatenate([played.links.capacity_bps for played in rounds])[:episodes],
            np.concatenate([played.links.time_to_deliver_s for played in rounds])[:episodes],
        ),
    )


@dataclass(frozen=True)
class _Round:
    """One delivery round of a batch of environments."""

    metrics: dict[str, Float64[np.ndarray, "env"]]
    links: LinkOutcomes


class _Run:
    """One policy in one batch of environments."""

    def __init__(self, env: HetNetEnv, allocator: Allocator) -> None:
        self._env = env
        self._allocator = allocator
        self._tally = RoundTally(env.scenario, env.num_envs)
        self._alone = InterferenceFreeScore(env.scenario, env.num_envs) if allocator.ignores_interference else None
        self._observation: Observation | None = None

    def next_round(self) -> _Round | None:
        """The next delivery round; None where the traffic ends before its deadline.

        Dropped vehicles make every round an episode of its own; moving traffic goes on and so does the policy.
        """
        observation = self._observation
        if observation is None or self._env.scenario.mobility.kind == "drop":
            observation = self._env.reset()
            self._allocator.reset(self._env.num_envs)
        for _ in range(self._env.scenario.episode_slots):
            if self._env.is_over:
                return None
            channel = self._env.channel_state()
            choice = self._allocator.allocate(observation, channel)
            outcome = self._env.step(choice)
            slot, reward = outcome.measurement, outcome.reward
            if self._alone is not None:
                slot, reward = self._alone.score(channel, choice, slot)
            self._tally.add(slot, reward)
            observation = outcome.observation
        self._observation = observation
        links = self._tally.links()
        return _Round(self._tally.close(), links)


def estimate(values: Float64[np.ndarray, "episode"]) -> Estimate:
    """Mean and 95 % interval over the episodes whose value is a number; no interval from fewer than two."""
    counted = values[~np.isnan(values)]
    if len(counted) == 0:
        return Estimate(None, (None, None))
    mean = float(counted.mean())
    if len(counted) == 1:
        return Estimate(mean, (None, None))
    half = NORMAL_95 * float(counted.std(ddof=1)) / float(np.sqrt(len(counted)))
    return Estimate(mean, (mean - half, mean + half))


def offered_payload_bytes(scenario: ScenarioConfig) -> float | None:
    """What a link has to deliver, on average over cells [byte]; None where payloads never end."""
    traffic = scenario.traffic
    if traffic.full_buffer:
        return None
    return float(np.mean(traffic.cell_payload_bytes or (traffic.payload_bytes,)))
