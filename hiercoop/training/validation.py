"""How good the policy in training is, as the bundle would act, on drops that it is not trained on."""

from __future__ import annotations

import torch

from hiercoop.config.training import TrainingConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.course import Course, Metrics, Played
from hiercoop.training.device import new_generator


def validate(course: Course, config: TrainingConfig) -> Metrics:
    """Means over the validation drops: sum capacity with full buffers, delivery with payloads, and the score.

    The score by which the best policy is kept adds both: Mbit/s of sum capacity over a hundred, and the share delivered.
    """
    full, finite = _play(course, config, is_full_buffer=True), _play(course, config, is_full_buffer=False)
    capacity_mbps = full.capacity_bps.double().mean().item() / 1e6
    delivery = finite.is_delivered.double().mean().item()
    return {
        "sum_capacity_mbps": capacity_mbps,
        "reports_per_slot": full.reports_per_slot,
        "favourite_option": float(full.option_slots.argmax()),
        "favourite_option_share": (full.option_slots.max() / full.option_slots.sum()).item(),
        "delivery_success": delivery,
        "score": capacity_mbps / 100.0 + delivery,
    }


@torch.no_grad()
def _play(course: Course, config: TrainingConfig, is_full_buffer: bool) -> Played:
    settings = config.validation
    traffic = config.scenario.traffic.model_copy(update={"full_buffer": is_full_buffer, "cell_payload_bytes": None})
    mobility = config.scenario.mobility.model_copy(update={"kind": "drop"})
    scenario = config.scenario.model_copy(update={"traffic": traffic, "mobility": mobility})
    env = HetNetEnv(scenario, settings.num_envs, settings.seed)
    env.set_payload_bytes(settings.payload_bytes)
    return course.play(env, new_generator(settings.seed))
