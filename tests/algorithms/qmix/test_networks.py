"""Q_tot never falls when a Q_k rises, so the best joint choice is made of each cell's best."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.algorithms.flat.policy import score_cells
from hiercoop.algorithms.flat.temporal_difference import round_targets, squared_error
from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.algorithms.qmix.networks import CellUtility, QmixNetworks
from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.local_parts import LocalSpec

SCENARIO = ScenarioConfig(num_vehicles_per_sbs=1, radio=RadioConfig(num_bands=2))
SPEC = LocalSpec(ObservationLayout.of(SCENARIO).shapes, SNR_DB_SCALE)
seeds = st.integers(0, 2**31 - 1)


def make(seed: int, form: str) -> QmixNetworks:
    """Networks of random weights, none of them small."""
    torch.manual_seed(seed)
    networks = QmixNetworks(SPEC, QmixConfig(form=form, mixer_hidden=8))
    for parameter in networks.parameters():
        torch.nn.init.normal_(parameter)
    return networks.requires_grad_(False)


@given(seeds, st.sampled_from(["mlp", "scorer"]), st.integers(1, 12))
def test_q_tot_rises_with_each_cells_utility(seed: int, form: str, num_cells: int) -> None:
    networks = make(seed, form)
    local = torch.randn(2, num_cells, SPEC.size)
    utility = torch.randn(2, num_cells, requires_grad=True)
    (gradient,) = torch.autograd.grad(networks.mixer(utility, local, local).sum(), utility)
    assert (gradient >= 0.0).all()


@given(seeds, st.sampled_from(["mlp", "scorer"]), st.integers(1, 3))
def test_the_best_joint_choice_is_each_cells_best(seed: int, form: str, num_cells: int) -> None:
    networks = make(seed, form)
    local = torch.rand(1, num_cells, SPEC.size)
    mask = torch.ones(1, num_cells, 1, 4, dtype=torch.bool)
    joint = torch.tensor(list(itertools.product(range(4), repeat=num_cells))).reshape(-1, num_cells, 1)
    q_tot = networks(local.expand(len(joint), -1, -1), mask.expand(len(joint), -1, -1, -1), joint)
    greedy = score_cells(networks.policy, local, mask).choice
    torch.testing.assert_close(networks(local, mask), q_tot.max().reshape(1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(networks(local, mask, greedy), networks(local, mask))


def test_utility_is_the_mean_over_the_vehicles_that_have_a_choice() -> None:
    utility = CellUtility(0.5).requires_grad_(False)
    logits = torch.tensor([[[1.0, 2.0], [3.0, 5.0], [-1e30, -1e30]]])
    choice = torch.tensor([[1, 1, 0]])
    assert utility(logits, choice, torch.tensor([[True, True, False]])).item() == pytest.approx(0.5 * (2.0 + 5.0) / 2.0)
    assert utility(logits, choice, torch.tensor([[False, False, False]])).item() == 0.0


def test_nothing_follows_the_last_slot_of_a_round() -> None:
    target = round_targets(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[10.0], [20.0]]), 0.5)
    assert target.flatten().tolist() == [6.0, 12.0, 3.0]


def test_targets_are_not_learned_from() -> None:
    value, target = torch.tensor([1.0], requires_grad=True), torch.tensor([3.0], requires_grad=True)
    squared_error(value, target).backward()
    assert value.grad.item() == -4.0
    assert target.grad is None
