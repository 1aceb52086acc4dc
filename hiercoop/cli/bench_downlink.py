"""How fast the semantic downlink is: environment slots a second on one core, with all that a learner needs of each slot."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from hiercoop.config.semantic import SemanticScenarioConfig
from hiercoop.env.semantic import DownlinkAction, SemanticDownlinkEnv
from hiercoop.env.semantic.types import num_choices
from hiercoop.errors import CheckError

BATCHES = (1, 16, 64, 256, 1024)
ENVIRONMENT_SLOTS = 40_000
"""Environment slots of one repeat, within the bounds on slots below."""
MIN_SLOTS, MAX_SLOTS = 200, 2_000
"""At least an episode: its end, and the drawing of other users, are part of the time."""
WARM_UP_SLOTS = 5


def bench_downlink(repeats: int = 5) -> dict[str, object]:
    """What `measure` gives in a process of its own, in which numpy's linear algebra has one thread as well.

    CheckError where that process fails.
    """
    command = [sys.executable, "-m", "hiercoop.cli.bench_downlink", str(repeats)]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, env={**os.environ, **one_thread}, capture_output=True, text=True)
    if done.returncode != 0:
        raise CheckError(f"the downlink's benchmark ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    result: dict[str, object] = json.loads(done.stdout)
    return result


def measure(repeats: int) -> dict[str, object]:
    """Medians over repeats of environment slots a second and microseconds a slot, by number of environments.

    Default scenario (7 cells of one user, 4 paths, 8 beams), random choices drawn within the measured time, observations and
    rewards of every slot, an epoch every 20 slots, other users every 200. Processor time of all threads.
    """
    scenario = SemanticScenarioConfig()
    batches: dict[str, object] = {}
    best = 0.0
    for num_envs in BATCHES:
        slot_s = statistics.median(_slot_s(scenario, num_envs, repeat) for repeat in range(repeats))
        best = max(best, num_envs / slot_s)
        batches[str(num_envs)] = {
            "environment_slots_per_s": num_envs / slot_s,
            "us_per_slot": slot_s * 1e6,
            "us_per_environment_slot": slot_s / num_envs * 1e6,
        }
    return {"environments": batches, "best_environment_slots_per_s": best, "cells": scenario.num_cells}


def _slot_s(scenario: SemanticScenarioConfig, num_envs: int, seed: int) -> float:
    """Processor seconds of one slot of all environments, choices included."""
    env = SemanticDownlinkEnv(scenario, num_envs, seed)
    generator = np.random.default_rng(seed)
    env.reset()
    for _ in range(WARM_UP_SLOTS):
        env.step(_random_action(scenario, num_envs, generator))
    slots = min(max(ENVIRONMENT_SLOTS // num_envs, MIN_SLOTS), MAX_SLOTS)
    start_s = time.process_time()
    for _ in range(slots):
        env.step(_random_action(scenario, num_envs, generator))
    return (time.process_time() - start_s) / slots


def _random_action(scenario: SemanticScenarioConfig, num_envs: int, generator: np.random.Generator) -> DownlinkAction:
    shape = (num_envs, scenario.num_cells, scenario.users.num_per_cell)
    beam, power_level, symbols = (generator.integers(count, size=shape) for count in num_choices(scenario))
    return DownlinkAction(beam, power_level, symbols + 1)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
