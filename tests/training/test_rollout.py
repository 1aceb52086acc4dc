"""Rollouts follow the rules of execution: who decides when, and what the edge knows then."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.experience import Rollout
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.radio.sinr import uplink_sinr
from hiercoop.training.counterfactual import capacity_otherwise_bps
from hiercoop.training.edge_memory import OptionRules
from hiercoop.training.rollout import Behaviour, collect

SCENARIO = ScenarioConfig(episode_slots=12, traffic=TrafficConfig(full_buffer=True))
MAX_SLOTS = 6


def rollout(report_period: int = 0, epsilon: float = 0.5, num_alternatives: int = 0) -> Rollout:
    torch.manual_seed(0)
    networks = HierCoopNetworks(local_spec(SCENARIO), HierCoopConfig())
    behaviour = Behaviour(OptionRules(MAX_SLOTS, report_period), epsilon, True, num_alternatives)
    return collect(HetNetEnv(SCENARIO, 2, 1), networks, behaviour, torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def lived() -> Rollout:
    return rollout()


def test_observations_of_slots_are_kept_apart(lived: Rollout) -> None:
    assert not torch.equal(lived.state.sight[0], lived.state.sight[1])


def test_all_options_begin_in_the_first_slot_with_nothing_known_of_the_others(lived: Rollout) -> None:
    assert lived.has_ended[0].all()
    assert (lived.state.held_mask[0] == 0.0).all()


def test_options_change_only_where_one_ended(lived: Rollout) -> None:
    changed = lived.option[1:] != lived.option[:-1]
    assert (lived.has_ended[1:] | ~changed).all()


def test_no_option_outlives_its_maximum(lived: Rollout) -> None:
    assert lived.state.option_age.max() <= 1.0


def test_the_edge_holds_features_of_slots_strictly_before(lived: Rollout) -> None:
    for slot in range(1, lived.num_slots):
        for env, cell in np.ndindex(2, 3):
            reports = lived.has_ended[:slot, env, cell].nonzero().flatten()
            latest = int(reports[-1])
            assert torch.equal(lived.state.held_sight[slot, env, cell], lived.state.sight[latest, env, cell])
            assert lived.state.held_option[slot, env, cell] == lived.option[latest, env, cell]
            assert lived.state.held_age[slot, env, cell] == slot - latest


def test_joint_reports_carry_features_of_the_slot_itself() -> None:
    lived = rollout(report_period=1)
    assert torch.equal(lived.state.held_sight, lived.state.sight)
    assert (lived.state.held_mask == 1.0).all()


def test_the_same_generator_and_seed_repeat_a_rollout() -> None:
    one, other = rollout(num_alternatives=2), rollout(num_alternatives=2)
    assert torch.equal(one.choice, other.choice)
    assert torch.equal(one.otherwise_bps, other.otherwise_bps)


def test_capacity_otherwise_is_that_of_the_changed_joint_choice() -> None:
    env = HetNetEnv(SCENARIO, 2, 3)
    env.reset()
    generator = np.random.default_rng(0)
    choice = generator.integers(0, 8, (2, 3, 3))
    alternatives = generator.integers(0, 8, (4, 2, 3, 3))
    found = capacity_otherwise_bps(SCENARIO, env.channel_state(), choice, alternatives)
    channel, own_cell = env.channel_state(), np.repeat(np.arange(3), 3)
    for cell in range(3):
        for draw in range(4):
            changed = choice.copy()
            changed[:, cell] = alternatives[draw, :, cell]
            flat = changed.reshape(2, 9)
            receiver = np.where(flat >= 4, 3, own_cell)
            sinr = uplink_sinr(
                channel.gain, receiver, flat % 4, channel.active, SCENARIO.radio.tx_power_w, SCENARIO.radio.noise_w
            )
            np.testing.assert_allclose(found[draw, :, cell], 1e6 * np.log2(1.0 + sinr).sum(axis=1), rtol=1e-4)
