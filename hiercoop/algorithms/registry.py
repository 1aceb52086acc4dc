"""Policies by name."""

from __future__ import annotations

from collections.abc import Callable

from hiercoop.algorithms.allocator import Allocator
from hiercoop.algorithms.best_response import BestResponse, DelayedBestResponse, PayloadBestResponse
from hiercoop.algorithms.exhaustive import Exhaustive
from hiercoop.algorithms.greedy_bound import GreedyBound
from hiercoop.algorithms.local_search import LocalSearch
from hiercoop.algorithms.random_choice import RandomChoice
from hiercoop.config.scenario import ScenarioConfig

BASELINES: dict[str, Callable[[ScenarioConfig, int], Allocator]] = {
    "random": lambda scenario, seed: RandomChoice(seed),
    "greedy-bound": lambda scenario, seed: GreedyBound(),
    "best-response": BestResponse,
    "best-response-payload": PayloadBestResponse,
    "best-response-delayed": DelayedBestResponse,
    "local-search": lambda scenario, seed: LocalSearch(scenario),
    "exhaustive": lambda scenario, seed: Exhaustive(scenario),
}
"""Policies that need no bundle, made from a scenario and a seed."""
