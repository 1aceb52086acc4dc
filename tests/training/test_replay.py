"""Transitions from replay are slots that followed each other, of equal numbers of cells."""

from __future__ import annotations

import itertools

import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.experience import Rollout
from hiercoop.algorithms.hiercoop.learner import Transitions
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.training.edge_memory import OptionRules
from hiercoop.training.replay import Replay
from hiercoop.training.rollout import Behaviour, collect

SLOTS, ENVS = 5, 2


def lived(num_sbs: int, seed: int) -> Rollout:
    scenario = ScenarioConfig(num_sbs=num_sbs, episode_slots=SLOTS, traffic=TrafficConfig(full_buffer=True))
    torch.manual_seed(0)
    networks = HierCoopNetworks(local_spec(scenario), HierCoopConfig())
    behaviour = Behaviour(OptionRules(3, 0), epsilon=1.0, compares_options=True)
    return collect(HetNetEnv(scenario, ENVS, seed), networks, behaviour, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def rollouts() -> list[Rollout]:
    return [lived(2, 1), lived(3, 2), lived(2, 3)]


def sample(rollouts: list[Rollout], seed: int, batch_size: int = 64) -> Transitions:
    replay = Replay(8)
    for rollout in rollouts:
        replay.add(rollout)
    return replay.sample(batch_size, torch.Generator().manual_seed(seed))


def place(rollouts: list[Rollout], batch: Transitions, row: int) -> tuple[Rollout, int, int]:
    """The rollout, slot and environment that a row was drawn from."""
    alike = [rollout for rollout in rollouts if rollout.num_cells == batch.option.shape[1]]
    places = itertools.product(alike, range(SLOTS), range(ENVS))
    return next(each for each in places if torch.equal(each[0].state.sight[each[1:]], batch.state.sight[row]))


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_slots_that_followed_each_other(rollouts: list[Rollout], seed: int) -> None:
    batch = sample(rollouts, seed)
    for row in range(len(batch.reward)):
        rollout, slot, env = place(rollouts, batch, row)
        assert torch.equal(batch.option[row], rollout.option[slot, env])
        assert torch.equal(batch.option_return_bps[row], rollout.option_return_bps[slot, env])
        assert batch.reward[row] == rollout.reward[slot, env]
        assert batch.is_last[row] == (slot == SLOTS - 1)
        assert torch.equal(batch.sites.distance_m[row], rollout.sites.distance_m)
        if slot < SLOTS - 1:
            assert torch.equal(batch.next_state.sight[row], rollout.state.sight[slot + 1, env])
            assert torch.equal(batch.next_state.previous_option[row], rollout.option[slot, env])
            assert torch.equal(batch.next_has_ended[row], rollout.has_ended[slot + 1, env])


def test_a_batch_comes_from_all_rollouts_of_one_number_of_cells(rollouts: list[Rollout]) -> None:
    batches = [sample(rollouts, seed) for seed in range(8)]
    assert {batch.option.shape[1] for batch in batches} == {2, 3}
    of_two = next(batch for batch in batches if batch.option.shape[1] == 2)
    assert {id(place(rollouts, of_two, row)[0]) for row in range(len(of_two.reward))} == {id(rollouts[0]), id(rollouts[2])}


def test_every_slot_of_every_environment_is_drawn(rollouts: list[Rollout]) -> None:
    batch = sample(rollouts[:1], seed=5, batch_size=200)
    places = {place(rollouts[:1], batch, row)[1:] for row in range(len(batch.reward))}
    assert places == {(slot, env) for slot in range(SLOTS) for env in range(ENVS)}


def test_the_oldest_rollout_leaves(rollouts: list[Rollout]) -> None:
    replay = Replay(2)
    for rollout in rollouts:
        replay.add(rollout)
    assert [id(rollout) for rollout in replay.rollouts] == [id(rollout) for rollout in rollouts[1:]]
