"""Policies by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hiercoop.algorithms.allocator import Allocator
from hiercoop.algorithms.band_plan import BandPlan
from hiercoop.algorithms.best_response import BestResponse, DelayedBestResponse, PayloadBestResponse
from hiercoop.algorithms.bundle_allocator import BundleAllocator
from hiercoop.algorithms.exhaustive import Exhaustive
from hiercoop.algorithms.greedy_bound import GreedyBound
from hiercoop.algorithms.local_search import LocalSearch
from hiercoop.algorithms.random_choice import RandomChoice
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import BundleError
from hiercoop.execution.bundle import load_bundle
from hiercoop.execution.policy_path import policy_path

BASELINES: dict[str, Callable[[ScenarioConfig, int], Allocator]] = {
    "random": lambda scenario, seed: RandomChoice(seed),
    "greedy-bound": lambda scenario, seed: GreedyBound(),
    "best-response": BestResponse,
    "best-response-payload": PayloadBestResponse,
    "best-response-delayed": DelayedBestResponse,
    "local-search": lambda scenario, seed: LocalSearch(),
    "band-plan": lambda scenario, seed: BandPlan(scenario),
    "exhaustive": lambda scenario, seed: Exhaustive(scenario),
}
"""Policies that need no bundle, made from a scenario and a seed."""


def make_allocator(name: str, scenario: ScenarioConfig, seed: int, run: RunConfig | None = None) -> Allocator:
    """The policy of this name: a baseline, a bundle's directory, or a bundle's name under policies/.

    `run` says how a bundle reports, on termination where it does not say, and codes its features, as the bundle does. Raises
    BundleError for a name that is none of these, and for a bundle that is damaged or of other dimensions than the scenario.
    """
    if name in BASELINES:
        return BASELINES[name](scenario, seed)
    bundle = load_bundle(_bundle_path(name))
    run = run or RunConfig(scenario=scenario)
    codec = run.codec if "codec" in run.model_fields_set else bundle.manifest.codec
    return BundleAllocator(name, bundle, run.model_copy(update={"scenario": scenario, "seed": seed, "codec": codec}))


def _bundle_path(name: str) -> Path:
    try:
        return policy_path(name)
    except BundleError as error:
        raise BundleError(f"{error}, or use one of {', '.join(BASELINES)}") from error
