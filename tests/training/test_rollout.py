"""Rollouts follow the rules of execution: who decides when, and what the edge knows then."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.experience import Rollout
from hiercoop.algorithms.hiercoop.joint_values import decide_together
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.radio.sinr import uplink_sinr
from hiercoop.training.counterfactual import capacity_otherwise_bps
from hiercoop.training.edge_memory import OptionRules
from hiercoop.training.rollout import Behaviour, collect

SCENARIO = ScenarioConfig(episode_slots=12, traffic=TrafficConfig(full_buffer=True))
MAX_SLOTS = 6


def make_networks() -> HierCoopNetworks:
    torch.manual_seed(0)
    return HierCoopNetworks(local_spec(SCENARIO), HierCoopConfig())


def rollout(report_period: int = 0, **behaves: object) -> Rollout:
    settings = {"epsilon": 0.5, "samples_choices": True} | behaves
    behaviour = Behaviour(OptionRules(MAX_SLOTS, report_period), **settings)
    return collect(HetNetEnv(SCENARIO, 2, 1), make_networks(), behaviour, torch.Generator().manual_seed(1))


def best_choices(lived: Rollout, slot: int) -> torch.Tensor:
    """What each cell's vehicles would do under each option [env, cell, option, vehicle]."""
    networks = make_networks()
    local = networks.local_of(lived.state.sight[slot])
    with torch.no_grad():
        choice, _ = networks.consider(
            local.flatten(0, 1), lived.mask[slot].flatten(0, 1), torch.zeros(6, networks.outlook.size), 1.0
        )
    return choice.reshape(*local.shape[:2], *choice.shape[1:])


def capacity_bps(choices: list[np.ndarray]) -> np.ndarray:
    """Sum capacity in the last of these slots, as the environment itself measures it."""
    env = HetNetEnv(SCENARIO, 2, 1)
    env.reset()
    outcomes = [env.step(choice) for choice in choices]
    return outcomes[-1].measurement.capacity_bps.sum(axis=1)


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


def test_all_cells_decide_together_in_every_nth_slot_and_keep_their_options_between() -> None:
    lived = rollout(report_period=5)
    assert lived.has_ended.all(-1).all(-1).nonzero().flatten().tolist() == [0, 5, 10]
    assert lived.has_ended.any(-1).any(-1).sum() == 3
    assert torch.equal(lived.option[1:5], lived.option[:1].expand(4, -1, -1))
    assert torch.equal(lived.state.hold, torch.full_like(lived.state.hold, 0.2))


def test_cells_that_decide_together_have_each_others_new_options_in_sight() -> None:
    lived = rollout(report_period=1)
    assert torch.equal(lived.state.held_option, lived.option)
    assert (lived.state.held_age == 0.0).all()


def test_without_exploring_joint_options_are_those_of_the_sweep() -> None:
    lived = rollout(report_period=1, epsilon=0.0)
    sites = lived.sites.expand(2)
    with torch.no_grad():
        for slot in range(lived.num_slots):
            assert torch.equal(lived.option[slot], decide_together(make_networks(), lived.state.at(slot), sites))


def test_best_choices_are_those_of_the_option_in_force() -> None:
    lived = rollout(samples_choices=False)
    for slot in range(lived.num_slots):
        index = lived.option[slot][..., None, None].expand(-1, -1, 1, 3)
        assert torch.equal(lived.choice[slot], best_choices(lived, slot).gather(2, index).squeeze(2))


@pytest.mark.parametrize("samples_choices", [False, True])
def test_what_an_option_would_have_brought_is_the_environments_own_capacity(samples_choices: bool) -> None:
    # Decided anew in every slot, an option brings what its one slot brings.
    lived = rollout(report_period=1, samples_choices=samples_choices, compares_options=True)
    for slot in (0, 4):
        before = list(lived.choice[:slot].numpy())
        best = best_choices(lived, slot)
        held = best.gather(2, lived.option[slot][..., None, None].expand(-1, -1, 1, 3)).squeeze(2)
        for cell, option in np.ndindex(3, 8):
            choice = held.clone()
            choice[:, cell] = best[:, cell, option]
            wanted = capacity_bps([*before, choice.numpy()])
            np.testing.assert_allclose(lived.option_return_bps[slot, :, cell, option].numpy(), wanted, rtol=1e-4)


def test_the_option_in_force_would_have_brought_what_was_measured() -> None:
    lived = rollout(report_period=1, samples_choices=False, compares_options=True)
    in_force = lived.option_return_bps.gather(-1, lived.option.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(in_force, lived.capacity_bps.unsqueeze(-1).expand_as(in_force), rtol=1e-4, atol=1.0)


def test_what_an_option_brings_is_added_up_to_the_next_joint_decision() -> None:
    lived = rollout(report_period=3, samples_choices=False, compares_options=True)
    in_force = lived.option_return_bps.gather(-1, lived.option.unsqueeze(-1)).squeeze(-1)
    discount = SCENARIO.reward.discount
    wanted = sum(discount**step * lived.capacity_bps[3 + step] for step in range(3))
    torch.testing.assert_close(in_force[3], wanted.unsqueeze(-1).expand_as(in_force[3]), rtol=1e-4, atol=1.0)


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
