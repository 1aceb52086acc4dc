"""Reward (9) of one slot, its two terms apart."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from hiercoop.config.scenario import RewardConfig
from hiercoop.env.types import RewardTerms

BPS_PER_MBPS = 1e6
"""The configured capacity weight is per Mbit/s."""


def slot_reward(
    capacity_bps: Float[np.ndarray, "env link"],
    is_delivered: Bool[np.ndarray, "env link"],
    is_present: Bool[np.ndarray, "env link"],
    is_deadline: bool,
    config: RewardConfig,
) -> RewardTerms:
    """Reward (9) of a slot: lambda_c times the sum capacity [Mbit/s] plus lambda_d times the sum of TC, per environment.

    TC follows (7) with its third case made to occur: +phi in every slot in which a link has nothing left, -phi once, in
    the slot that ends at the deadline, if it has. Links without a vehicle count in neither term.
    """
    capacity = capacity_bps.sum(axis=1) * np.float32(config.capacity_weight / BPS_PER_MBPS)
    score = np.count_nonzero(is_delivered, axis=1)
    if is_deadline:
        score = score - np.count_nonzero(is_present & ~is_delivered, axis=1)
    delivery = score * np.float32(config.delivery_weight * config.delivery_bonus)
    return _terms(capacity.astype(np.float32, copy=False), delivery.astype(np.float32, copy=False))


def full_buffer_reward(capacity_bps: Float[np.ndarray, "env link"], config: RewardConfig) -> RewardTerms:
    """Reward of a slot where payloads never end: the capacity term of (9); nothing is ever delivered or late."""
    capacity = capacity_bps.sum(axis=1) * np.float32(config.capacity_weight / BPS_PER_MBPS)
    return _terms(capacity.astype(np.float32, copy=False), np.zeros(len(capacity), np.float32))


def _terms(capacity: Float[np.ndarray, "env"], delivery: Float[np.ndarray, "env"]) -> RewardTerms:
    return RewardTerms(total=capacity + delivery, capacity=capacity, delivery=delivery)
