"""How good the policy in training is, as the bundle would act, on drops that it is not trained on."""

from __future__ import annotations

import torch

from hiercoop.config.training import TrainingConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.course import Course, Metrics, Played
from hiercoop.training.device import new_generator


def validate(course: Course, config: TrainingConfig) -> Metrics:
    """Means over the validation drops: sum capacity with full buffers, delivery with payloads, and the score.

    The score by which the best policy is kept adds both, Mbit/s of sum capacity over a hundred and the share delivered, and
    is a mean over the ways of reporting. What is named without a way of reporting is on termination.
    """
    judged: Metrics = {}
    scores = []
    for period in course.report_periods:
        full = _play(course, config, period, is_full_buffer=True)
        finite = _play(course, config, period, is_full_buffer=False)
        capacity_mbps = full.capacity_bps.double().mean().item() / 1e6
        delivery = finite.is_delivered.double().mean().item()
        scores.append(capacity_mbps / 100.0 + delivery)
        way = f"_every_{period}" if period else ""
        judged |= {
            f"sum_capacity_mbps{way}": capacity_mbps,
            f"delivery_success{way}": delivery,
            f"reports_per_slot{way}": full.reports_per_slot,
            f"favourite_option{way}": float(full.option_slots.argmax()),
            f"favourite_option_share{way}": (full.option_slots.max() / full.option_slots.sum()).item(),
        }
    return judged | {"score": sum(scores) / len(scores)}


@torch.no_grad()
def _play(course: Course, config: TrainingConfig, report_period: int, is_full_buffer: bool) -> Played:
    settings = config.validation
    traffic = config.scenario.traffic.model_copy(update={"full_buffer": is_full_buffer, "cell_payload_bytes": None})
    mobility = config.scenario.mobility.model_copy(update={"kind": "drop"})
    scenario = config.scenario.model_copy(update={"traffic": traffic, "mobility": mobility})
    env = HetNetEnv(scenario, settings.num_envs, settings.seed)
    env.set_payload_bytes(settings.payload_bytes)
    return course.play(env, report_period, new_generator(settings.seed))
