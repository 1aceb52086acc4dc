"""How fast the simulator is: environment slots a second on one core, with all that a learner needs of each slot."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.errors import CheckError

BATCHES = (1, 64, 256, 1024)
ENVIRONMENT_SLOTS = 40_000
"""Environment slots of one repeat, within the bounds on slots below."""
MIN_SLOTS, MAX_SLOTS = 120, 2_000
WARM_UP_SLOTS = 5


def bench_simulator(repeats: int = 5) -> dict[str, object]:
    """What `measure` gives in a process of its own, in which numpy's linear algebra has one thread as well.

    CheckError where that process fails.
    """
    command = [sys.executable, "-m", "hiercoop.cli.bench_simulator", str(repeats)]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, env={**os.environ, **one_thread}, capture_output=True, text=True)
    if done.returncode != 0:
        raise CheckError(f"the simulator's benchmark ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    result: dict[str, object] = json.loads(done.stdout)
    return result


def measure(repeats: int) -> dict[str, object]:
    """Medians over repeats of environment slots a second and microseconds a slot, by number of environments.

    Default scenario (9 links, 3 SBSs and the MBS, 4 sub-bands, iid fading), random choices drawn within the measured time,
    observations and rewards of every slot, a delivery round's end and new placement every 100 slots. Processor time of
    all threads: what one core does, whoever else wants it.
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
    slots = min(max(ENVIRONMENT_SLOTS // num_envs, MIN_SLOTS), MAX_SLOTS)
    start_s = time.process_time()
    for _ in range(slots):
        env.step(generator.integers(scenario.num_choices, size=shape))
    return (time.process_time() - start_s) / slots


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
