"""What is trained on in one iteration: a scenario, payloads and a way of reporting, from (seed, iteration) alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.config.training import CurriculumConfig, TrainingConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.mobility.urban_grid import longest_street_spacing_m
from hiercoop.seeding import keyed_generator

MAX_ENV_SEED = 2**31
USUAL_CELLS = 3


@dataclass(frozen=True)
class Lesson:
    """One iteration's world."""

    scenario: ScenarioConfig
    payload_bytes: Float[np.ndarray, "link"]
    report_period: int
    """Slots between joint reports; 0: each cell reports when its option ends."""
    seed: int

    def make_env(self, num_envs: int) -> HetNetEnv:
        """Fresh environments, so many for three cells each and as many cells in all for other numbers of them.

        The same lesson always gives the same drops and channels.
        """
        env = HetNetEnv(self.scenario, max(1, num_envs * USUAL_CELLS // self.scenario.num_sbs), self.seed)
        env.set_payload_bytes(self.payload_bytes)
        return env


def lesson(config: TrainingConfig, iteration: int) -> Lesson:
    """The world of one training iteration."""
    curriculum, base = config.curriculum, config.scenario
    generator = keyed_generator(config.seed, "curriculum", 0, iteration)
    num_sbs = int(generator.choice(curriculum.num_sbs))
    is_full_buffer = bool(generator.random() < curriculum.full_buffer_share)
    drop, fading = str(generator.choice(curriculum.drops)), str(generator.choice(curriculum.fading))
    mobility = {"kind": "drop", "drop": drop, "speed_mps": float(generator.choice(curriculum.speeds_mps))}
    changes: dict[str, object] = {
        "num_sbs": num_sbs,
        "traffic": base.traffic.model_copy(update={"full_buffer": is_full_buffer, "cell_payload_bytes": None}),
        "radio": base.radio.model_copy(update={"fading": fading}),
    }
    if num_sbs != base.num_sbs:
        changes["sbs_sites_m"] = None
    if num_sbs > 1 and generator.random() < curriculum.street_share:
        mobility |= {"drop": "near"}
        changes |= {"sbs_sites_m": None, "sbs_spacing_m": _street_spacing_m(curriculum, num_sbs, generator.random())}
    changes["mobility"] = base.mobility.model_copy(update=mobility)
    scenario = base.model_copy(update=changes)
    low, high = curriculum.payload_bytes
    payload_bytes = generator.uniform(low, high, scenario.num_links)
    report_period = int(generator.choice(curriculum.report_periods))
    return Lesson(scenario, payload_bytes, report_period, int(generator.integers(MAX_ENV_SEED)))


def _street_spacing_m(curriculum: CurriculumConfig, num_sbs: int, share: float) -> float:
    """So far along the bounds' logarithms; as wide as the street allows at most."""
    near_m, far_m = curriculum.street_spacing_m
    asked_m: float = near_m * (far_m / near_m) ** share
    return min(asked_m, longest_street_spacing_m(num_sbs))
