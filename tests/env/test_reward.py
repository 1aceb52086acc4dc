import numpy as np
import pytest
from pydantic import ValidationError

from hiercoop.config.scenario import RewardConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.reward import full_buffer_reward, slot_reward
from tests.env.scenes import random_choice, scenario

CONFIG = RewardConfig(capacity_weight=0.01, delivery_weight=2.0, delivery_bonus=0.3)
CAPACITY_BPS = np.array([[3e6, 4e6, 0.0], [0.0, 0.0, 1e6]], np.float32)
DELIVERED = np.array([[False, False, True], [True, True, False]])
PRESENT = np.ones((2, 3), np.bool_)


def test_before_the_deadline_a_delivered_link_earns_phi_and_an_unfinished_one_nothing() -> None:
    terms = slot_reward(CAPACITY_BPS, DELIVERED, PRESENT, False, CONFIG)
    np.testing.assert_allclose(terms.capacity, [0.07, 0.01], rtol=1e-6)
    np.testing.assert_allclose(terms.delivery, [0.6, 1.2], rtol=1e-6)
    np.testing.assert_allclose(terms.total, [0.67, 1.21], rtol=1e-6)


def test_at_the_deadline_an_unfinished_link_costs_phi_once() -> None:
    terms = slot_reward(CAPACITY_BPS, DELIVERED, PRESENT, True, CONFIG)
    np.testing.assert_allclose(terms.delivery, [0.6 - 1.2, 1.2 - 0.6], rtol=1e-5)


def test_an_absent_link_neither_earns_nor_costs() -> None:
    present = np.array([[False, True, True], [True, True, False]])
    terms = slot_reward(CAPACITY_BPS, DELIVERED, present, True, CONFIG)
    np.testing.assert_allclose(terms.delivery, [0.6 - 0.6, 1.2], rtol=1e-5, atol=1e-7)


def test_a_full_buffer_earns_capacity_alone() -> None:
    terms = full_buffer_reward(CAPACITY_BPS, CONFIG)
    np.testing.assert_allclose(terms.total, [0.07, 0.01], rtol=1e-6)
    assert not terms.delivery.any()


def test_over_a_round_every_link_earns_phi_a_slot_from_the_slot_in_which_it_finishes() -> None:
    setting = scenario("episode_slots=20", "traffic.payload_bytes=8000")
    env = HetNetEnv(setting, 8, seed=1)
    env.reset()
    phi = setting.reward.delivery_weight * setting.reward.delivery_bonus
    left_bits = np.full((8, 9), 64_000.0)
    saw_a_failure = False
    for slot in range(20):
        outcome = env.step(random_choice(setting, 8, slot))
        left_bits = left_bits - np.minimum(left_bits, outcome.measurement.capacity_bps.astype(np.float64) * 1e-3)
        score = (left_bits == 0).sum(axis=1)
        if slot == 19:
            saw_a_failure = bool((left_bits > 0).any())
            score = score - (left_bits > 0).sum(axis=1)
        np.testing.assert_allclose(outcome.reward.delivery, phi * score, rtol=1e-5, atol=1e-6)
    assert saw_a_failure


def test_weights_under_which_stalling_pays_are_refused() -> None:
    with pytest.raises(ValidationError, match="stalling pays"):
        RewardConfig(capacity_weight=0.01, delivery_weight=1.0, delivery_bonus=0.25)
