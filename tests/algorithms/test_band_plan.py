import numpy as np

from hiercoop.algorithms.band_plan import BandPlan, planned_choices
from hiercoop.algorithms.registry import make_allocator
from hiercoop.config.load import load_scenario
from hiercoop.env import HetNetEnv
from hiercoop.training.evaluation import evaluate
from tests.env.scenes import scenario


def test_three_cells_and_four_bands_have_one_each_and_share_the_last() -> None:
    at_sbs, at_mbs = np.split(planned_choices(3, 4), 2, axis=1)
    np.testing.assert_array_equal(at_sbs, [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]])
    np.testing.assert_array_equal(at_mbs, at_sbs)


def test_more_cells_than_bands_use_them_again_and_a_single_band_is_everyones() -> None:
    np.testing.assert_array_equal(planned_choices(4, 3)[0], planned_choices(4, 3)[2])
    assert planned_choices(5, 1).all()
    assert planned_choices(5, 2).all()


def test_every_choice_keeps_to_the_plan() -> None:
    env = HetNetEnv(scenario("episode_slots=20"), 16, 3)
    policy, observation = BandPlan(env.scenario), env.reset()
    for _ in range(5):
        choice = policy.allocate(observation, env.channel_state())
        for cell in range(3):
            assert set(choice[:, cell].ravel() % 4) <= {cell, 3}
        observation = env.step(choice).observation


def test_a_plan_pays_where_all_cells_hear_each_other_and_costs_where_they_do_not() -> None:
    settings = ["traffic.full_buffer=true", "episode_slots=20"]
    pays = {}
    for preset in ("urban-dense", "urban-grid"):
        where = load_scenario(preset, settings=settings)
        planned = evaluate(where, BandPlan(where), 16, 1).metrics["sum_capacity_bps"].mean
        alone = evaluate(where, make_allocator("local-search", where, 1), 16, 1).metrics["sum_capacity_bps"].mean
        assert planned is not None
        assert alone is not None
        pays[preset] = planned > alone
    assert pays == {"urban-dense": True, "urban-grid": False}
