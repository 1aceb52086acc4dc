"""Policies of the semantic downlink by name."""

from __future__ import annotations

from collections.abc import Callable

from hiercoop.algorithms.semantic.fixed_rule import FixedRule, best_constant_symbols
from hiercoop.algorithms.semantic.greedy import GreedyDownlink
from hiercoop.algorithms.semantic.policy import DownlinkPolicy
from hiercoop.algorithms.semantic.random_choice import RandomDownlink
from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.errors import ConfigError

DOWNLINK_BASELINES: dict[str, Callable[[SemanticScenarioConfig, int], DownlinkPolicy]] = {
    "random": RandomDownlink,
    "greedy": lambda scenario, seed: GreedyDownlink(scenario),
    "fixed-rate": lambda scenario, seed: FixedRule(scenario, "rate"),
    "fixed-constant": lambda scenario, seed: FixedRule(scenario, best_constant_symbols(scenario)),
}
"""Policies that learn nothing, made from a scenario and a seed."""


def make_downlink_policy(name: str, scenario: SemanticScenarioConfig, seed: int) -> DownlinkPolicy:
    """The policy of this name; ConfigError for a name that is none."""
    if name not in DOWNLINK_BASELINES:
        raise ConfigError(f"policy={name!r} is unknown; choose one of {', '.join(DOWNLINK_BASELINES)}")
    return DOWNLINK_BASELINES[name](scenario, seed)
