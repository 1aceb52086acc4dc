import numpy as np
import pytest

from hiercoop.algorithms.exhaustive import sum_capacity_bps
from hiercoop.algorithms.registry import BASELINES, make_allocator
from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env import HetNetEnv
from hiercoop.errors import BundleError, ConfigError

TINY = load_scenario(
    "urban-grid",
    settings=["num_sbs=2", "num_vehicles_per_sbs=2", "radio.num_bands=2", "traffic.full_buffer=true"],
)


def mean_capacity_bps(name: str, scenario: ScenarioConfig, num_envs: int = 12, slots: int = 12) -> float:
    env, allocator = HetNetEnv(scenario, num_envs, seed=21), make_allocator(name, scenario, seed=5)
    allocator.reset(num_envs)
    observation, total = env.reset(), 0.0
    for _ in range(slots):
        outcome = env.step(allocator.allocate(observation, env.channel_state()))
        observation, total = outcome.observation, total + float(outcome.measurement.capacity_bps.sum())
    return total / (num_envs * slots)


def test_more_knowledge_is_worth_more_on_tiny_instances() -> None:
    worth = [mean_capacity_bps(name, TINY) for name in ("exhaustive", "best-response", "local-search", "random")]
    assert worth == sorted(worth, reverse=True)
    assert len(set(worth)) == 4


def test_enumeration_is_never_beaten() -> None:
    env = HetNetEnv(TINY, 16, seed=22)
    observation, allocators = env.reset(), {name: make_allocator(name, TINY, 1) for name in BASELINES}
    for allocator in allocators.values():
        allocator.reset(16)
    for _ in range(3):
        channel = env.channel_state()
        choices = {name: allocator.allocate(observation, channel) for name, allocator in allocators.items()}
        worth = {name: sum_capacity_bps(channel, choice.reshape(16, 4), TINY) for name, choice in choices.items()}
        for name in BASELINES:
            assert (worth[name] <= worth["exhaustive"] * (1.0 + 1e-6)).all(), name
        observation = env.step(choices["random"]).observation


def test_the_capacity_that_exhaustive_search_compares_is_the_environments() -> None:
    env = HetNetEnv(TINY, 8, seed=23)
    env.reset()
    channel = env.channel_state()
    choice = np.random.default_rng(1).integers(4, size=(8, 2, 2))
    computed = sum_capacity_bps(channel, choice.reshape(8, 4), TINY)
    np.testing.assert_allclose(env.step(choice).measurement.capacity_bps.sum(axis=1), computed, rtol=1e-5)


def test_no_single_link_can_better_a_best_response() -> None:
    env = HetNetEnv(TINY, 4, seed=24)
    observation, channel = env.reset(), env.channel_state()
    allocator = make_allocator("best-response", TINY, 1)
    allocator.reset(4)
    choice = allocator.allocate(observation, channel).reshape(4, 4)
    held = sum_capacity_bps(channel, choice, TINY)
    for link in range(4):
        for other in range(4):
            moved = choice.copy()
            moved[:, link] = other
            assert (sum_capacity_bps(channel, moved, TINY) <= held + 100.0).all()


def test_a_delayed_response_is_the_undelayed_one_a_slot_later() -> None:
    env = HetNetEnv(TINY, 3, seed=25)
    observation = env.reset()
    now, late = make_allocator("best-response", TINY, 6), make_allocator("best-response-delayed", TINY, 6)
    answers = []
    for allocator in (now, late):
        allocator.reset(3)
    for _ in range(4):
        channel = env.channel_state()
        answers.append((now.allocate(observation, channel), late.allocate(observation, channel)))
        observation = env.step(answers[-1][0]).observation
    np.testing.assert_array_equal(answers[0][1], np.tile([0, 1], (3, 2, 1)))
    for slot in range(1, 4):
        np.testing.assert_array_equal(answers[slot][1], answers[slot - 1][0])


def test_payload_weights_favour_who_has_more_left() -> None:
    scenario = load_scenario(
        "urban-grid",
        settings=["num_sbs=2", "num_vehicles_per_sbs=2", "radio.num_bands=2", "traffic.cell_payload_bytes=[1e3, 1e6]"],
    )
    env = HetNetEnv(scenario, 64, seed=26)
    observation, channel = env.reset(), env.channel_state()
    capacity = {}
    for name in ("best-response", "best-response-payload"):
        fresh = HetNetEnv(scenario, 64, seed=26)
        fresh.reset()
        allocator = make_allocator(name, scenario, 1)
        allocator.reset(64)
        capacity[name] = fresh.step(allocator.allocate(observation, channel)).measurement.capacity_bps[:, 2:].mean()
    assert capacity["best-response-payload"] > capacity["best-response"]


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "exhaustive"])
def test_every_baseline_gives_allowed_choices_on_the_default_scenario(name: str) -> None:
    scenario = load_scenario("urban-grid", settings=["traffic.payload_bytes=4000"])
    env, allocator = HetNetEnv(scenario, 2, seed=27), make_allocator(name, scenario, 1)
    allocator.reset(2)
    observation = env.reset()
    for _ in range(5):
        choice = allocator.allocate(observation, env.channel_state())
        assert choice.shape == (2, 3, 3)
        sends = observation.action_mask.any(axis=-1)
        assert np.take_along_axis(observation.action_mask, choice[..., None], axis=-1)[..., 0][sends].all()
        observation = env.step(choice).observation


def test_what_cannot_be_enumerated_or_is_no_policy_is_refused(tmp_path: object) -> None:
    with pytest.raises(ConfigError, match="too many to enumerate"):
        make_allocator("exhaustive", load_scenario("urban-grid"), 1)
    with pytest.raises(BundleError, match=r"policy 'nonsense' is neither .* use one of random"):
        make_allocator("nonsense", TINY, 1)
    with pytest.raises(BundleError, match="no readable"):
        make_allocator(str(tmp_path), TINY, 1)
