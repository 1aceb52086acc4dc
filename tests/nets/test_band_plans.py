"""What options are before anything is learned, and that a scorer at the start keeps to them."""

from __future__ import annotations

import itertools

import pytest
import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.load import load_scenario
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.nets.band_plans import band_plans

OWN, MBS = 0, 1
WITHOUT_MBS, SINGLES, HALVES = 1, slice(2, 6), slice(6, 8)
NUM_PLANS = 12
"""Nothing, the MBS, four sub-bands, six halves of them."""


def left_out(plan: torch.Tensor) -> tuple[int, ...]:
    """Sub-bands that are left out at both stations."""
    return tuple(plan.all(0).nonzero().flatten().tolist())


@pytest.mark.parametrize("num_bands", [1, 2, 3, 4])
@pytest.mark.parametrize("num_options", [1, 2, 8, 30])
def test_there_is_a_plan_for_every_option_station_and_band(num_options: int, num_bands: int) -> None:
    plans = band_plans(num_options, num_bands)
    assert plans.shape == (num_options, 2, num_bands)
    assert plans.dtype == torch.bool


@pytest.mark.parametrize("num_bands", [1, 2, 3, 4])
def test_the_first_leaves_out_nothing_the_second_the_mbs_then_each_band_alone(num_bands: int) -> None:
    plans = band_plans(2 + num_bands, num_bands)
    assert not plans[0].any()
    assert plans[1, MBS].all()
    assert not plans[1, OWN].any()
    for band in range(num_bands):
        assert plans[2 + band, :, band].all()
        assert plans[2 + band].sum() == 2


def test_then_come_all_halves_each_followed_by_its_complement() -> None:
    halves = [left_out(plan) for plan in band_plans(NUM_PLANS, 4)[6:]]
    assert sorted(halves) == list(itertools.combinations(range(4), 2))
    for one, other in zip(halves[::2], halves[1::2], strict=True):
        assert set(one) | set(other) == set(range(4))


def test_more_options_than_plans_repeat_them() -> None:
    plans = band_plans(2 * NUM_PLANS + 1, 4)
    assert torch.equal(plans[:NUM_PLANS], plans[NUM_PLANS : 2 * NUM_PLANS])
    assert torch.equal(plans[-1], plans[0])


@pytest.mark.parametrize("num_bands", [2, 3, 4])
def test_every_plan_leaves_some_band_of_the_own_station(num_bands: int) -> None:
    assert (~band_plans(30, num_bands)[:, OWN]).any(-1).all()


def share_put_where_left_out(drop: str, num_vehicles: int) -> torch.Tensor:
    """By option, the share of vehicles that networks at the start put on a station and band of its plan."""
    settings = [f"mobility.drop={drop}", "traffic.full_buffer=true", f"num_vehicles_per_sbs={num_vehicles}"]
    scenario = load_scenario("urban-grid", settings=settings)
    torch.manual_seed(0)
    networks = HierCoopNetworks(local_spec(scenario), HierCoopConfig())
    observation = HetNetEnv(scenario, 64, 3).reset()
    local, mask = torch.from_numpy(observation.local), torch.from_numpy(observation.action_mask)
    with torch.no_grad():
        choice, _ = networks.consider(local.flatten(0, 1), mask.flatten(0, 1), torch.zeros(192, networks.outlook.size), 1.0)
    plans = band_plans(8, 4).flatten(1)
    return torch.stack([plans[option][choice[:, option]].double().mean() for option in range(8)])


@pytest.mark.parametrize("drop", ["grid", "near"])
def test_at_the_start_no_vehicle_is_put_on_a_sub_band_that_its_option_leaves_out(drop: str) -> None:
    assert (share_put_where_left_out(drop, num_vehicles=3)[SINGLES] == 0.0).all()


@pytest.mark.parametrize("drop", ["grid", "near"])
def test_halves_are_kept_to_by_as_many_vehicles_as_they_leave_sub_bands(drop: str) -> None:
    assert (share_put_where_left_out(drop, num_vehicles=2)[HALVES] == 0.0).all()


def test_a_vehicle_is_put_at_the_mbs_against_its_option_only_where_its_own_sbs_hears_next_to_nothing_of_it() -> None:
    assert share_put_where_left_out("near", num_vehicles=3)[WITHOUT_MBS] == 0.0
    assert 0.0 < share_put_where_left_out("grid", num_vehicles=3)[WITHOUT_MBS] < 0.1
