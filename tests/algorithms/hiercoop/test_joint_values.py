"""Q_k and Q_tot of all cells at once against one at a time, and joint decisions against a scalar sweep and brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hiercoop.algorithms.hiercoop.experience import JointState, SiteRelations
from hiercoop.algorithms.hiercoop.joint_values import (
    decide_together,
    joint_values,
    option_values,
    peers_of,
    regret_of_going_on,
)
from hiercoop.algorithms.hiercoop.networks import EdgeGraph, HierCoopNetworks
from hiercoop.execution import option_choice
from hiercoop.nets.option_values import Others
from tests.algorithms.hiercoop.states import random_sites, random_state, small_networks

CLASH = 0.5
TWO_CELLS = [[1.0, 0.9], [1.0, 0.2]]
"""Were the second cell asked first, it would give way for 0.2, which costs the first one's 0.9 less than it should."""
NUM_CELLS = [1, 2, 3, 5]
seeds = st.integers(0, 10_000)


class ByHand(nn.Module):
    """What each option is worth stands in the features; the same option as another cell's costs CLASH."""

    def forward(self, features: torch.Tensor, code: torch.Tensor, others: Others, hold: torch.Tensor) -> torch.Tensor:
        count = nn.functional.one_hot(others.option, features.shape[1]) * others.mask.unsqueeze(-1)
        return features - CLASH * count.sum(1)


class SightItself(nn.Module):
    """Features that are what is seen."""

    def forward(self, sight: torch.Tensor, hold: torch.Tensor) -> torch.Tensor:
        return sight


def valued_by_hand(worth: torch.Tensor) -> tuple[HierCoopNetworks, JointState]:
    """Networks and a state of one row a joint decision, option 0 in force."""
    networks = small_networks(0, num_options=worth.shape[-1])
    state = random_state(networks, len(worth), worth.shape[1])
    networks.encoder, networks.values = SightItself(), ByHand()
    return networks, replace(state, sight=worth, previous_option=torch.zeros_like(state.previous_option))


def total(worth: np.ndarray, options: tuple[int, ...]) -> float:
    clashes = sum(one == other for one, other in itertools.combinations(options, 2))
    return float(worth[range(len(options)), list(options)].sum() - CLASH * clashes)


def edge_values(networks: HierCoopNetworks, state: JointState, sites: SiteRelations, row: int, cell: int) -> torch.Tensor:
    """Q_k of one cell of one row, as the edge asks for it from what it holds of the others."""
    peers = [other for other in range(state.sight.shape[1]) if other != cell]
    own, others = slice(row, row + 1), (slice(row, row + 1), peers)
    return EdgeGraph(networks.values)(
        networks.encoder(state.sight[own, cell], state.hold[own, cell]),
        state.code[own, cell],
        networks.encoder(state.held_sight[others], state.hold[others]),
        state.held_option[others],
        state.held_age[others],
        sites.distance_m[row, cell, peers].unsqueeze(0),
        sites.place[row, cell, peers].unsqueeze(0),
        sites.place[row, peers, cell].unsqueeze(0),
        state.held_mask[others],
        state.hold[own, cell],
    )[0]


@pytest.mark.parametrize("num_cells", NUM_CELLS)
@pytest.mark.parametrize("hold", [0.0, 0.5, 1.0])
def test_values_of_all_cells_are_those_of_each_one_in_the_edges_eyes(num_cells: int, hold: float) -> None:
    networks = small_networks(num_cells)
    state, sites = random_state(networks, 4, num_cells, hold), random_sites(4, num_cells)
    if hold == 1.0:
        # Where all cells decide together in every slot, what the edge holds is of this slot.
        state = replace(state, held_sight=state.sight)
    with torch.no_grad():
        values = option_values(networks, state, sites)
        for row, cell in np.ndindex(4, num_cells):
            torch.testing.assert_close(values[row, cell], edge_values(networks, state, sites, row, cell))


@pytest.mark.parametrize("num_cells", NUM_CELLS)
def test_a_joint_decision_is_the_edges_sweep_cell_by_cell(num_cells: int) -> None:
    rows = 12
    networks = small_networks(60 + num_cells, values_hidden=32)
    # Others' options weigh enough that the sweep has something to settle.
    for values in (networks.values.of_one_slot, networks.values.while_it_lasts):
        nn.init.normal_(values.other_beside.weight, std=5.0)
    state, sites = random_state(networks, rows, num_cells), random_sites(rows, num_cells)
    with torch.no_grad():
        found = decide_together(networks, state, sites)
        for row in range(rows):
            option = state.previous_option[row].tolist()
            for cell in list(range(num_cells)) * option_choice.NUM_SWEEPS:
                now = replace(
                    state,
                    held_sight=state.sight,
                    held_option=torch.tensor(option).expand(rows, -1),
                    held_age=torch.zeros(rows, num_cells),
                    held_mask=torch.ones(rows, num_cells),
                )
                option[cell] = int(edge_values(networks, now, sites, row, cell).argmax())
            assert found[row].tolist() == option
    if num_cells > 1:
        alone = option_values(networks, state, sites).argmax(-1)
        assert not torch.equal(alone, found)


def test_two_cells_find_the_best_joint_option_where_the_first_may_keep_its_own() -> None:
    worth = torch.tensor([TWO_CELLS])
    networks, state = valued_by_hand(worth)
    found = decide_together(networks, state, random_sites(1, 2))
    joint = itertools.product(range(2), repeat=2)
    assert found[0].tolist() == list(max(joint, key=lambda options: total(worth[0].numpy(), options)))


@given(seeds)
def test_no_cell_alone_betters_a_joint_decision_of_two(seed: int) -> None:
    """What coordinate ascent gives: with two cells the second sweep settles; a change of both at once may still be better."""
    torch.manual_seed(seed)
    worth = torch.rand(5, 2, 4)
    networks, state = valued_by_hand(worth)
    found = decide_together(networks, state, random_sites(5, 2))
    for row in range(5):
        held = tuple(found[row].tolist())
        for cell, option in itertools.product(range(2), range(4)):
            changed = list(held)
            changed[cell] = option
            assert total(worth[row].numpy(), tuple(changed)) <= total(worth[row].numpy(), held) + 1e-6


@pytest.mark.parametrize("mixing", ["monotone", "mean"])
@pytest.mark.parametrize("num_cells", [1, 2, 3])
def test_the_best_joint_option_is_each_cells_best_by_enumeration(mixing: str, num_cells: int) -> None:
    networks = small_networks(20, mixing=mixing, num_options=4)
    joint = torch.tensor(list(itertools.product(range(4), repeat=num_cells)))
    state = random_state(networks, 1, num_cells)
    all_alike = state.at(torch.zeros(len(joint), dtype=torch.long))
    values = torch.randn(1, num_cells, 4).expand(len(joint), -1, -1)
    with torch.no_grad():
        q_tot, _ = joint_values(networks, all_alike, values, joint)
    assert joint[q_tot.argmax()].tolist() == values[0].argmax(-1).tolist()


@pytest.mark.parametrize("mixing", ["monotone", "mean"])
def test_q_tot_with_one_option_changed_is_that_of_the_changed_joint_option(mixing: str) -> None:
    networks = small_networks(21, mixing=mixing, num_options=3)
    state, values, option = random_state(networks, 6, 4), torch.randn(6, 4, 3), torch.randint(3, (6, 4))
    with torch.no_grad():
        _, if_changed = joint_values(networks, state, values, option)
        for cell, other in itertools.product(range(4), range(3)):
            changed = option.clone()
            changed[:, cell] = other
            torch.testing.assert_close(if_changed[:, cell, other], joint_values(networks, state, values, changed)[0])


@given(seeds)
def test_regret_is_zero_for_the_best_option_and_below_it_for_others(seed: int) -> None:
    networks = small_networks(seed, num_options=3)
    state, values, option = random_state(networks, 6, 2), torch.randn(6, 2, 3), torch.randint(3, (6, 2))
    with torch.no_grad():
        regret = regret_of_going_on(option, values, joint_values(networks, state, values, option)[1])
    is_best = option == values.argmax(-1)
    assert (regret[is_best] == 0.0).all()
    assert (regret[~is_best] < 0.0).all()


def test_peers_are_all_others_in_cell_order() -> None:
    assert peers_of(3).tolist() == [[1, 2], [0, 2], [0, 1]]
    assert peers_of(1).shape == (1, 0)
