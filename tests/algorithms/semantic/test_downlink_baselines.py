"""Policies of the semantic downlink that learn nothing."""

import math

import numpy as np
import pytest

from hiercoop.algorithms.semantic.fixed_rule import FixedRule, best_constant_symbols, constant_symbols_quality
from hiercoop.algorithms.semantic.greedy import GreedyDownlink
from hiercoop.algorithms.semantic.random_choice import RandomDownlink
from hiercoop.algorithms.semantic.registry import DOWNLINK_BASELINES, make_downlink_policy
from hiercoop.config.semantic import SemanticScenarioConfig, load_semantic_scenario
from hiercoop.env.semantic import SemanticDownlinkEnv
from hiercoop.errors import ConfigError
from hiercoop.traffic.semantic.logistic_accuracy import shipped_accuracy
from hiercoop.training.downlink_evaluation import METRICS, evaluate_downlink


def scenario(*settings: str) -> SemanticScenarioConfig:
    return load_semantic_scenario("semantic-downlink", settings=list(settings))


def test_random_choice_reaches_every_combination_of_beam_power_and_symbols() -> None:
    setting = scenario()
    policy, observation = RandomDownlink(setting, 1), SemanticDownlinkEnv(setting, 500).reset()
    actions = [policy.act(observation) for _ in range(4)]
    combinations = np.concatenate([(a.beam * 5 + a.power_level) * 20 + a.num_symbols - 1 for a in actions]).reshape(-1)
    counts = np.bincount(combinations, minlength=800)
    assert counts.shape == (800,)
    assert counts.min() > 0
    assert counts.max() < 4 * counts.mean()


def test_the_fixed_rule_sends_on_the_beam_of_greatest_mean_power_at_full_power() -> None:
    setting = scenario()
    env = SemanticDownlinkEnv(setting, 6, seed=2)
    action = FixedRule(setting, 9).act(env.reset())
    measured = env.step(action).measurement
    np.testing.assert_allclose(measured.power_w, 10.0**0.8, rtol=1e-5)
    assert (measured.num_symbols == 9).all()
    power = (np.abs(env.world.response[:, np.arange(7), np.arange(7)]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(measured.beam, np.argmax(power, axis=-1))


def test_the_fixed_rule_takes_the_most_symbols_that_meet_the_required_rate() -> None:
    setting = scenario("users.num_per_cell=2", "requirements.rate_ksutps=[20, 800]")
    env = SemanticDownlinkEnv(setting, 20, seed=3)
    chosen = FixedRule(setting, "rate").act(env.reset()).num_symbols.reshape(20, -1)
    for k, wanted in zip(chosen.flat, env.requirements.rate_ksutps.flat, strict=True):
        assert k == min(max(math.floor(720.0 / wanted), 1), 20)


def test_greedy_takes_the_strongest_swept_beam_and_the_k_that_is_best_at_the_last_sinr() -> None:
    setting = scenario()
    env = SemanticDownlinkEnv(setting, 2, seed=4)
    policy, observation = GreedyDownlink(setting), env.reset()
    swept = env.layout.view(observation.local, "beam_gain")
    outcome = env.step(policy.act(observation))
    np.testing.assert_array_equal(outcome.measurement.beam.reshape(2, 7, 1), np.argmax(swept, axis=-1))
    wanted, chosen = env.requirements, policy.act(outcome.observation).num_symbols.reshape(2, 7)
    for place, user in np.ndindex(2, 7):
        sinr_db = 10.0 * math.log10(outcome.measurement.sinr[place, user])

        def quality(k: int, place: int = place, user: int = user, sinr_db: float = sinr_db) -> float:
            accuracy = float(shipped_accuracy().accuracy(np.array([k]), np.array([sinr_db]))[0])
            rate_part = 1.0 + math.exp(wanted.rate_slope[place, user] * (wanted.rate_ksutps[place, user] - 720.0 / k))
            accuracy_part = 1.0 + math.exp(wanted.accuracy_slope[place, user] * (wanted.accuracy[place, user] - accuracy))
            weight = float(wanted.weight[place, user])
            return weight / rate_part + (1.0 - weight) / accuracy_part

        best = max(quality(k) for k in range(1, 21))
        assert quality(int(chosen[place, user])) == pytest.approx(best, abs=1e-4)


def test_the_best_constant_k_is_the_one_that_evaluates_best() -> None:
    setting = scenario("num_cells=3", "episode_slots=20")
    expected = constant_symbols_quality(setting)
    best = best_constant_symbols(setting)
    assert expected[best - 1] == expected.max()
    for k in (best - 3, best, best + 3):
        found = evaluate_downlink(setting, FixedRule(setting, k), 256, 5).metrics["qoe"].mean
        assert found == pytest.approx(expected[k - 1], abs=0.03)


@pytest.mark.parametrize("name", sorted(DOWNLINK_BASELINES))
@pytest.mark.parametrize("settings", [(), ("requirements.is_redrawn_each_slot=true", "num_cells=3", "users.num_per_cell=2")])
def test_every_baseline_can_be_evaluated(name: str, settings: tuple[str, ...]) -> None:
    setting = scenario("episode_slots=20", *settings)
    told = evaluate_downlink(setting, make_downlink_policy(name, setting, 6), 5, 6).to_json()
    assert told["episodes"] == 5
    for metric in METRICS:
        low, high = told[metric]["ci95"]
        assert low <= told[metric]["mean"] <= high
    parts = told["rate_qoe"]["mean"] + told["accuracy_qoe"]["mean"]
    assert 0.0 <= told["qoe"]["mean"] <= 1.0
    assert told["qoe"]["mean"] == pytest.approx(parts, abs=1e-5)


def test_rules_that_look_at_the_channel_beat_chance_by_far() -> None:
    setting = scenario("episode_slots=20")
    worth = {
        name: evaluate_downlink(setting, make_downlink_policy(name, setting, 7), 100, 7).metrics["qoe"]
        for name in DOWNLINK_BASELINES
    }
    for name in ("greedy", "fixed-rate", "fixed-constant"):
        assert worth[name].ci95[0] > worth["random"].ci95[1] + 0.2


def test_an_unknown_policy_and_no_episode_are_refused() -> None:
    setting = scenario()
    with pytest.raises(ConfigError, match="policy='clever' is unknown; choose one of random"):
        make_downlink_policy("clever", setting, 1)
    with pytest.raises(ConfigError, match="episodes=0 must be at least 1"):
        evaluate_downlink(setting, RandomDownlink(setting, 1), 0, 1)
