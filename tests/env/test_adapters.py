import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test, parallel_seed_test

from hiercoop.config.load import load_scenario
from hiercoop.env.adapters.gymnasium import ENV_ID
from hiercoop.env.adapters.pettingzoo import HetNetParallelEnv
from hiercoop.errors import ConfigError

SHORT = load_scenario("urban-grid", settings=["episode_slots=12"])


def test_the_parallel_environment_passes_pettingzoos_api_test() -> None:
    parallel_api_test(HetNetParallelEnv(SHORT), num_cycles=60)


def test_the_parallel_environment_passes_pettingzoos_seed_test() -> None:
    parallel_seed_test(lambda: HetNetParallelEnv(SHORT), num_cycles=30)


def test_one_seed_repeats_and_two_seeds_differ() -> None:
    env = HetNetParallelEnv(SHORT)
    first, _ = env.reset(seed=1)
    again, _ = HetNetParallelEnv(SHORT).reset(seed=1)
    other, _ = env.reset(seed=2)
    np.testing.assert_array_equal(first["sbs_0"], again["sbs_0"])
    assert not np.array_equal(first["sbs_0"], other["sbs_0"])


def test_the_state_is_all_local_observations_in_a_row() -> None:
    env = HetNetParallelEnv(SHORT)
    observations, _ = env.reset(seed=3)
    np.testing.assert_array_equal(env.state(), np.concatenate([observations[agent] for agent in env.agents]))
    assert env.state_space.contains(env.state())


def test_all_agents_get_the_same_reward_and_its_terms_add_up() -> None:
    env = HetNetParallelEnv(SHORT)
    env.reset(seed=4)
    _, rewards, _, _, infos = env.step({agent: np.array([0, 1, 2]) for agent in env.agents})
    assert len(set(rewards.values())) == 1
    info = infos["sbs_1"]
    assert rewards["sbs_1"] == pytest.approx(info["capacity_reward"] + info["delivery_reward"], rel=1e-6)


def test_the_deadline_terminates_a_payload_and_truncates_a_full_buffer() -> None:
    for is_full_buffer in (False, True):
        env = HetNetParallelEnv(
            SHORT.model_copy(update={"traffic": SHORT.traffic.model_copy(update={"full_buffer": is_full_buffer})})
        )
        env.reset(seed=5)
        for _ in range(SHORT.episode_slots):
            assert env.agents
            _, _, terminated, truncated, _ = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        assert env.agents == []
        assert all(truncated.values()) == is_full_buffer
        assert all(terminated.values()) != is_full_buffer


def test_the_central_view_passes_gymnasiums_checker() -> None:
    check_env(gymnasium.make(ENV_ID, scenario=SHORT).unwrapped, skip_render_check=True)


def test_the_central_view_shows_what_the_parallel_one_shows() -> None:
    parallel = HetNetParallelEnv(SHORT)
    parallel.reset(seed=6)
    central, info = gymnasium.make(ENV_ID, scenario=SHORT).reset(seed=6)
    np.testing.assert_array_equal(central, parallel.state())
    assert info["action_mask"].shape == (SHORT.num_links, SHORT.num_choices)


def test_adapters_refuse_a_trace_and_a_state_before_reset() -> None:
    with pytest.raises(ConfigError, match="call reset first"):
        HetNetParallelEnv(SHORT).state()
    trace = load_scenario("urban-grid", settings=['mobility.kind="trace"', 'mobility.trace="some.fcd.xml"'])
    with pytest.raises(ConfigError, match="has no independent episodes"):
        HetNetParallelEnv(trace)
