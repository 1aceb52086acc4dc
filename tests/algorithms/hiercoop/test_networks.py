"""What HierCoop's networks are before anything is learned, and what the ablations take away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.joint_values import joint_values, option_values
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from tests.algorithms.hiercoop.states import SCENARIO, random_sites, random_state, small_networks
from tests.observations import random_rows


def networks_of(**settings: object) -> HierCoopNetworks:
    torch.manual_seed(1)
    return HierCoopNetworks(local_spec(SCENARIO), HierCoopConfig.model_validate(settings))


def termination_prob(networks: HierCoopNetworks, features: torch.Tensor) -> torch.Tensor:
    option = torch.arange(len(features)) % networks.sizes.num_options
    with torch.no_grad():
        return networks.termination(features, option)


def test_options_begin_to_end_with_the_configured_probability() -> None:
    networks = networks_of(option={"initial_termination_prob": 0.2})
    torch.testing.assert_close(termination_prob(networks, torch.zeros(8, 16)), torch.full((8,), 0.2))


def test_options_differ_in_when_they_end() -> None:
    prob = termination_prob(networks_of(), torch.ones(8, 16))
    assert len(prob.unique()) == 8


def test_without_terminations_no_option_ends_by_itself() -> None:
    assert (termination_prob(networks_of(option={"terminates": False}), torch.randn(8, 16)) == 0.0).all()


@pytest.mark.parametrize("num_cells", [1, 3, 6])
@pytest.mark.parametrize("mixing", ["monotone", "mean"])
def test_at_the_start_a_step_of_a_cells_value_counts_about_its_share_of_a_unit(mixing: str, num_cells: int) -> None:
    networks = networks_of(network={"mixing": mixing, "value_unit": 0.01})
    values, option = torch.zeros(4, num_cells, 8, requires_grad=True), torch.zeros(4, num_cells, dtype=torch.long)
    q_tot, _ = joint_values(networks, random_state(networks, 4, num_cells), values, option)
    (gradient,) = torch.autograd.grad(q_tot.sum(), values)
    share = gradient[..., 0] * num_cells / 0.01
    assert (share > 0.3).all()
    assert (share < 3.0).all()


def test_cells_that_see_no_others_value_options_the_same_whatever_those_do() -> None:
    blind, seeing = small_networks(2, sees_others=False), small_networks(2)
    for networks, is_same in ((blind, True), (seeing, False)):
        one, sites = random_state(networks, 4, 3), random_sites(4, 3)
        other = replace(one, held_option=(one.held_option + 1) % 8, held_mask=torch.ones(4, 3))
        with torch.no_grad():
            values = [option_values(networks, state, sites) for state in (one, other)]
        assert torch.equal(*values) == is_same


def test_features_are_what_the_wire_takes() -> None:
    networks = networks_of()
    rows = random_rows(SCENARIO, 32, np.random.default_rng(0))
    with torch.no_grad():
        memory = torch.zeros(32, networks.outlook.size)
        _, sight = networks.consider(torch.from_numpy(rows["local"]), torch.from_numpy(rows["mask"]), memory, 1.0)
        features = networks.encoder(sight, torch.ones(32))
    assert features.shape == (32, 16)
    assert features.abs().max() <= 1.0
    assert torch.equal(networks.local_of(sight), torch.from_numpy(rows["local"]))
    assert networks.memory_of(sight).any()
