import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from hiercoop.config.semantic import SemanticScenarioConfig, load_semantic_scenario
from hiercoop.env.semantic.pettingzoo import SemanticDownlinkParallelEnv
from hiercoop.errors import ConfigError, MessageError


def short(*settings: str) -> SemanticScenarioConfig:
    return load_semantic_scenario("semantic-downlink", settings=["slots_per_epoch=4", "episode_slots=12", *settings])


@pytest.mark.parametrize("settings", [(), ("num_cells=3", "users.num_per_cell=2")])
def test_the_parallel_environment_passes_pettingzoos_api_test(settings: tuple[str, ...]) -> None:
    parallel_api_test(SemanticDownlinkParallelEnv(short(*settings)), num_cycles=60)


def test_the_parallel_environment_passes_pettingzoos_seed_test() -> None:
    parallel_seed_test(lambda: SemanticDownlinkParallelEnv(short()), num_cycles=30)


def test_one_seed_repeats_and_two_seeds_differ() -> None:
    env = SemanticDownlinkParallelEnv(short())
    first, _ = env.reset(seed=1)
    again, _ = SemanticDownlinkParallelEnv(short()).reset(seed=1)
    other, _ = env.reset(seed=2)
    np.testing.assert_array_equal(first["cell_0"], again["cell_0"])
    assert not np.array_equal(first["cell_0"], other["cell_0"])


def test_the_state_is_all_local_observations_in_a_row() -> None:
    env = SemanticDownlinkParallelEnv(short())
    observations, _ = env.reset(seed=3)
    np.testing.assert_array_equal(env.state(), np.concatenate([observations[agent] for agent in env.agents]))
    assert env.state_space.contains(env.state())


def test_all_agents_get_the_mean_quality_and_its_parts_add_up() -> None:
    env = SemanticDownlinkParallelEnv(short())
    env.reset(seed=4)
    _, rewards, _, _, infos = env.step({agent: np.array([2, 4, 9]) for agent in env.agents})
    assert len(set(rewards.values())) == 1
    parts = [info["rate_quality"] + info["accuracy_quality"] for info in infos.values()]
    assert rewards["cell_0"] == pytest.approx(np.mean(parts), rel=1e-5)


def test_the_mask_of_an_epochs_later_slots_allows_what_was_chosen_at_its_start() -> None:
    env = SemanticDownlinkParallelEnv(short())
    _, infos = env.reset(seed=5)
    assert infos["cell_3"]["action_mask"].shape == (1, 8 + 5 + 20)
    assert infos["cell_3"]["action_mask"].all()
    *_, infos = env.step({agent: np.array([2, 4, 9]) for agent in env.agents})
    wanted = np.concatenate([np.arange(8) == 2, np.arange(5) == 4, np.ones(20)])
    np.testing.assert_array_equal(infos["cell_3"]["action_mask"][0], wanted)


def test_every_sampled_action_is_one_that_the_environment_takes() -> None:
    env = SemanticDownlinkParallelEnv(short())
    env.reset(seed=6)
    sampled = np.stack([env.action_space("cell_0").sample() for _ in range(2000)])
    np.testing.assert_array_equal(sampled.min(axis=0), [0, 0, 1])
    np.testing.assert_array_equal(sampled.max(axis=0), [7, 4, 20])
    with pytest.raises(MessageError, match=r"num_symbols holds 0\.\.0"):
        env.step({agent: np.array([0, 0, 0]) for agent in env.agents})


def test_the_end_of_a_stay_truncates() -> None:
    env = SemanticDownlinkParallelEnv(short())
    env.reset(seed=7)
    for _ in range(12):
        assert env.agents
        _, _, terminated, truncated, _ = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    assert env.agents == []
    assert all(truncated.values())
    assert not any(terminated.values())


def test_nothing_is_told_before_a_reset() -> None:
    env = SemanticDownlinkParallelEnv(short())
    with pytest.raises(ConfigError, match="call reset first"):
        env.state()
    with pytest.raises(ConfigError, match="call reset first"):
        env.step({})
