"""How fast learning is: environment slots a second on one thread, gathering and gradient steps together."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from pydantic import JsonValue

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import AlgorithmName, TrainingConfig
from hiercoop.errors import CheckError
from hiercoop.training.courses import make_course, resolve
from hiercoop.training.curriculum import Lesson

NUM_ENVS = 32
PAYLOAD_BYTES = 87_500.0
ONE_UPDATE_A_ROUND: dict[str, JsonValue] = {"updates_per_round": 1.0, "batch_rounds": 32}
"""The ratio at which QMIX implementations are compared: a gradient step on 32 episodes for each episode gathered."""
SUBJECTS: dict[str, tuple[AlgorithmName, dict[str, JsonValue]]] = {
    "hiercoop": ("hiercoop", {}),
    "qmix-mlp": ("qmix", {"form": "mlp", **ONE_UPDATE_A_ROUND}),
    "qmix-scorer": ("qmix", {"form": "scorer", **ONE_UPDATE_A_ROUND}),
    "maddpg-mlp": ("maddpg", {"form": "mlp"}),
    "maddpg-scorer": ("maddpg", {"form": "scorer"}),
    "ppo-mlp": ("ppo", {"form": "mlp"}),
    "ppo-scorer": ("ppo", {"form": "scorer"}),
}


def bench_training(repeats: int = 5) -> dict[str, object]:
    """What `measure` gives in a process of its own, with one thread; CheckError where that process fails."""
    command = [sys.executable, "-m", "hiercoop.cli.bench_training", str(repeats)]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, env={**os.environ, **one_thread}, capture_output=True, text=True)
    if done.returncode != 0:
        raise CheckError(f"the training benchmark ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    result: dict[str, object] = json.loads(done.stdout)
    return result


def measure(repeats: int) -> dict[str, object]:
    """Medians over repeats of environment slots a second in training, by algorithm and form.

    Iterations of 32 environments of the default scenario, as the trainer runs them, after one that warms up; default
    hyperparameters, but for QMIX one gradient step on 32 delivery rounds for each round gathered. Processor time: what
    one core does, whoever else wants it.
    """
    torch.set_num_threads(1)
    return {
        "num_envs": NUM_ENVS,
        "slots_per_s": {name: _slots_per_s(*subject, repeats) for name, subject in SUBJECTS.items()},
    }


def _slots_per_s(algorithm: AlgorithmName, hyperparameters: dict[str, JsonValue], repeats: int) -> float:
    scenario = ScenarioConfig()
    config = TrainingConfig(scenario=scenario, algorithm=algorithm, num_envs=NUM_ENVS, hyperparameters=hyperparameters)
    course = make_course(resolve(config))
    generator = torch.Generator().manual_seed(1)
    payload_bytes = np.full(scenario.num_links, PAYLOAD_BYTES)
    times_s = []
    for seed in range(repeats + 1):
        start_s = time.process_time()
        course.iterate(Lesson(scenario, payload_bytes, False, seed), NUM_ENVS, 0.5, generator)
        times_s.append(time.process_time() - start_s)
    return NUM_ENVS * scenario.episode_slots / statistics.median(times_s[1:])


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
