"""How good the policy in training is, as the bundle would act, on drops that it is not trained on."""

from __future__ import annotations

import torch

from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.config.training import TrainingConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.rollout import Behaviour, collect


def validate(networks: HierCoopNetworks, config: TrainingConfig, max_option_slots: int) -> dict[str, float]:
    """Means over the validation drops: sum capacity with full buffers, delivery with payloads, and the score.

    The score by which the best policy is kept adds both: Mbit/s of sum capacity over a hundred, and the share delivered.
    """
    settings = config.validation
    behaviour = Behaviour(
        epsilon=0.0, samples_choices=False, max_option_slots=max_option_slots, num_alternatives=0, is_joint=False
    )
    result: dict[str, float] = {}
    for is_full_buffer in (True, False):
        traffic = config.scenario.traffic.model_copy(update={"full_buffer": is_full_buffer, "cell_payload_bytes": None})
        mobility = config.scenario.mobility.model_copy(update={"kind": "drop"})
        env = HetNetEnv(
            config.scenario.model_copy(update={"traffic": traffic, "mobility": mobility}),
            settings.num_envs,
            settings.seed,
        )
        env.set_payload_bytes(settings.payload_bytes)
        rollout = collect(env, networks, behaviour, torch.Generator().manual_seed(settings.seed))
        if is_full_buffer:
            result["sum_capacity_mbps"] = rollout.capacity_bps.double().mean().item() / 1e6
            result["reports_per_slot"] = rollout.has_ended.double().sum(-1).mean().item()
            counts = torch.bincount(rollout.option.flatten(), minlength=networks.sizes.num_options)
            result["favourite_option"] = float(counts.argmax())
            result["favourite_option_share"] = (counts.max() / counts.sum()).item()
        else:
            result["delivery_success"] = rollout.is_delivered.double().mean().item()
    result["score"] = result["sum_capacity_mbps"] / 100.0 + result["delivery_success"]
    return result
