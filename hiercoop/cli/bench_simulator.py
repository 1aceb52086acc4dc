"""How fast the simulator is: environment slots a second on one core, with all that a learner needs of each slot."""

from __future__ import annotations

import statistics
import time

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.hetnet import HetNetEnv

BATCHES = (1, 64, 256, 1024)
ENVIRONMENT_SLOTS = 40_000
"""Environment slots of one repeat; at least MIN_SLOTS slots."""
MIN_SLOTS = 120
WARM_UP_SLOTS = 5


def bench_simulator(repeats: int = 5) -> dict[str, object]:
    """Medians over repeats of environment slots a second and microseconds a slot, by number of environments.

    Default scenario (9 links, 3 SBSs and the MBS, 4 sub-bands, iid fading), random choices drawn within the measured time,
    observations and rewards of every slot, a delivery round's end and new placement every 100 slots. Processor time of
    this one thread: what one core does, whoever else wants it.
    """
    scenario = ScenarioConfig()
    batches: dict[str, object] = {}
    best = 0.0
    for num_envs in BATCHES:
        times_s = [_slot_s(scenario, num_envs, repeat) for repeat in range(repeats)]
        slot_s = statistics.median(times_s)
        best = max(best, num_envs / slot_s)
        batches[str(num_envs)] = {
            "environment_slots_per_s": num_envs / slot_s,
            "us_per_slot": slot_s * 1e6,
            "us_per_environment_slot": slot_s / num_envs * 1e6,
        }
    return {
        "environments": batches,
        "best_environment_slots_per_s": best,
        "single_environment_us_per_slot": batches["1"]["us_per_slot"],  # type: ignore[index]
        "links": scenario.num_links,
        "cells": scenario.num_sbs + 1,
        "bands": scenario.radio.num_bands,
    }


def _slot_s(scenario: ScenarioConfig, num_envs: int, seed: int) -> float:
    """Processor seconds of one slot of all environments, choices included."""
    env = HetNetEnv(scenario, num_envs, seed)
    generator = np.random.default_rng(seed)
    shape = (num_envs, scenario.num_sbs, scenario.num_vehicles_per_sbs)
    env.reset()
    for _ in range(WARM_UP_SLOTS):
        env.step(generator.integers(scenario.num_choices, size=shape))
    slots = max(MIN_SLOTS, ENVIRONMENT_SLOTS // num_envs)
    start_s = time.thread_time()
    for _ in range(slots):
        env.step(generator.integers(scenario.num_choices, size=shape))
    return (time.thread_time() - start_s) / slots
