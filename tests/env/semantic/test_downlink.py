"""The semantic downlink: a slot against a scalar re-implementation, timescales, masks, seeds, and what is observed."""

import math

import numpy as np
import pytest

from hiercoop.config.semantic import load_semantic_scenario, semantic_preset_names
from hiercoop.env.semantic import DownlinkAction, SemanticDownlinkEnv
from hiercoop.errors import ConfigError, MessageError
from hiercoop.traffic.semantic.logistic_accuracy import shipped_accuracy
from tests.env.semantic.scenes import TWO_USERS, ScalarChannel, copied, observed_db, random_action, scenario


@pytest.mark.parametrize("settings", [("num_cells=3",), TWO_USERS, ('power_layer="lower"', "num_cells=2")])
def test_a_slot_is_scored_as_a_scalar_re_implementation_scores_it(settings: tuple[str, ...]) -> None:
    setting = scenario(*settings)
    env = SemanticDownlinkEnv(setting, 2, seed=1)
    env.reset()
    num_silent = 0
    for slot in range(6):
        channels, wanted = [ScalarChannel(env, place) for place in range(2)], copied(env.requirements)
        action = random_action(setting, 2, slot)
        outcome = env.step(action)
        measured = outcome.measurement
        for place in range(2):
            level = np.rint(measured.power_w[place] / setting.link_max_power_w * 4)
            sinr = channels[place].sinr(measured.beam[place], level)
            np.testing.assert_allclose(measured.sinr[place], sinr, rtol=2e-3)
            for user in range(setting.num_users):
                k = int(action.num_symbols[place].reshape(-1)[user])
                rate, accuracy = 0.0, 0.0
                if level[user] > 0:
                    rate = 4.0 * 180.0 / k
                    accuracy = float(shipped_accuracy().accuracy(np.array([k]), np.array([10.0 * math.log10(sinr[user])]))[0])
                num_silent += level[user] == 0
                weight = float(wanted.weight[place, user])
                rate_part = weight / (1.0 + math.exp(wanted.rate_slope[place, user] * (wanted.rate_ksutps[place, user] - rate)))
                accuracy_part = (1.0 - weight) / (
                    1.0 + math.exp(wanted.accuracy_slope[place, user] * (wanted.accuracy[place, user] - accuracy))
                )
                assert measured.rate_ksutps[place, user] == pytest.approx(rate)
                assert measured.accuracy[place, user] == pytest.approx(accuracy, abs=1e-4)
                assert measured.quality.rate[place, user] == pytest.approx(rate_part, abs=1e-4)
                assert measured.quality.accuracy[place, user] == pytest.approx(accuracy_part, abs=2e-3)
        np.testing.assert_allclose(outcome.reward, measured.quality.total.mean(axis=1), rtol=1e-6)
    assert num_silent > 0


def test_beam_and_power_hold_for_an_epoch_and_symbols_for_a_slot() -> None:
    setting = scenario("slots_per_epoch=5", "episode_slots=20")
    env = SemanticDownlinkEnv(setting, 3, seed=2)
    observation = env.reset()
    for slot in range(20):
        action = random_action(setting, 3, slot)
        assert observation.is_epoch_start == (slot % 5 == 0)
        if slot % 5 == 0:
            begun = action
        outcome = env.step(action)
        observation, measured = outcome.observation, outcome.measurement
        np.testing.assert_array_equal(measured.beam, begun.beam.reshape(3, -1))
        np.testing.assert_allclose(measured.power_w, begun.power_level.reshape(3, -1) / 4 * 10**0.8, rtol=1e-5)
        np.testing.assert_array_equal(measured.num_symbols, action.num_symbols.reshape(3, -1))


def test_an_option_puts_the_power_on_the_small_timescale() -> None:
    setting = scenario('power_layer="lower"')
    env = SemanticDownlinkEnv(setting, 2, seed=3)
    env.reset()
    first = random_action(setting, 2, 0)
    env.step(first)
    second = random_action(setting, 2, 1)
    measured = env.step(second).measurement
    np.testing.assert_array_equal(measured.beam, first.beam.reshape(2, -1))
    np.testing.assert_allclose(measured.power_w, second.power_level.reshape(2, -1) / 4 * 10**0.8, rtol=1e-5)


@pytest.mark.parametrize("power_layer", ["upper", "lower"])
def test_the_mask_allows_everything_when_an_epoch_begins_and_then_what_is_held(power_layer: str) -> None:
    setting = scenario("slots_per_epoch=3", "episode_slots=9", f'power_layer="{power_layer}"')
    env = SemanticDownlinkEnv(setting, 2, seed=4)
    observation = env.reset()
    for slot in range(12):
        mask = observation.action_mask
        assert mask.beam.shape == (2, 7, 1, 8)
        assert mask.power_level.shape == (2, 7, 1, 5)
        assert mask.num_symbols.shape == (2, 7, 1, 20)
        assert mask.num_symbols.all()
        if slot % 3 == 0:
            assert mask.beam.all()
            assert mask.power_level.all()
            held = random_action(setting, 2, slot)
            observation = env.step(held).observation
            continue
        np.testing.assert_array_equal(mask.beam, held.beam[..., None] == np.arange(8))
        if power_layer == "upper":
            np.testing.assert_array_equal(mask.power_level, held.power_level[..., None] == np.arange(5))
        else:
            assert mask.power_level.all()
        observation = env.step(random_action(setting, 2, slot)).observation


def test_what_the_mask_forbids_changes_nothing() -> None:
    setting = scenario("num_cells=3")
    outcomes = []
    for forbidden in (0, 1):
        env = SemanticDownlinkEnv(setting, 2, seed=5)
        env.reset()
        env.step(random_action(setting, 2, 0))
        later = random_action(setting, 2, 1)
        shifted = DownlinkAction((later.beam + forbidden) % 8, (later.power_level + forbidden) % 5, later.num_symbols)
        outcomes.append(env.step(shifted))
    np.testing.assert_array_equal(outcomes[0].observation.local, outcomes[1].observation.local)
    np.testing.assert_array_equal(outcomes[0].measurement.sinr, outcomes[1].measurement.sinr)


def test_a_silent_link_delivers_nothing_and_disturbs_nobody() -> None:
    setting = scenario("num_cells=2")
    env = SemanticDownlinkEnv(setting, 4, seed=6)
    env.reset()
    channels = [ScalarChannel(env, place) for place in range(4)]
    beam, level = np.zeros((4, 2, 1), int), np.array([[[4], [0]]] * 4)
    measured = env.step(DownlinkAction(beam, level, np.full((4, 2, 1), 8))).measurement
    for value in (measured.sinr, measured.rate_ksutps, measured.accuracy):
        assert not value[:, 1].any()
    assert measured.quality.total[:, 1].max() < 0.01
    for place in range(4):
        alone = channels[place].gain(0, 0, 0) * setting.radio.max_power_w / setting.radio.noise_w
        assert measured.sinr[place, 0] == pytest.approx(alone, rel=1e-3)


def test_the_same_seed_repeats_and_another_does_not() -> None:
    setting = scenario("episode_slots=20")

    def run(seed: int) -> np.ndarray:
        env = SemanticDownlinkEnv(setting, 2, seed)
        observations = [env.reset().local]
        observations += [env.step(random_action(setting, 2, slot)).observation.local for slot in range(25)]
        return np.stack(observations)

    np.testing.assert_array_equal(run(7), run(7))
    assert not np.array_equal(run(7), run(8))


@pytest.mark.parametrize("settings", [(), ("users.speed_mps=10",), ("requirements.is_redrawn_each_slot=true",)])
def test_users_places_and_channels_do_not_depend_on_choices(settings: tuple[str, ...]) -> None:
    setting = scenario("slots_per_epoch=4", "episode_slots=8", *settings)
    envs = [SemanticDownlinkEnv(setting, 2, 9), SemanticDownlinkEnv(setting, 2, 9)]
    for env in envs:
        env.reset()
    for slot in range(18):
        for number, env in enumerate(envs):
            env.step(random_action(setting, 2, slot + 1000 * number))
        np.testing.assert_array_equal(envs[0].path_gain, envs[1].path_gain)
        np.testing.assert_array_equal(envs[0].world.gain, envs[1].world.gain)
        np.testing.assert_array_equal(envs[0].requirements.weight, envs[1].requirements.weight)


def test_an_episode_ends_and_other_users_come() -> None:
    setting = scenario("slots_per_epoch=2", "episode_slots=4")
    env = SemanticDownlinkEnv(setting, 2, seed=10)
    env.reset()
    before = env.world.user_xy_m.copy()
    outcomes = [env.step(random_action(setting, 2, slot)) for slot in range(5)]
    assert [outcome.measurement.is_episode_end for outcome in outcomes] == [False, False, False, True, False]
    assert [outcome.final_observation is not None for outcome in outcomes] == [False, False, False, True, False]
    assert [outcome.observation.slot for outcome in outcomes] == [1, 2, 3, 4, 5]
    assert not np.isclose(env.world.user_xy_m, before).any()
    layout, last = env.layout, outcomes[3]
    assert last.final_observation is not None
    old, new = last.final_observation.local, last.observation.local
    np.testing.assert_array_equal(layout.view(old, "requirement"), layout.view(outcomes[0].observation.local, "requirement"))
    assert not np.isclose(layout.view(old, "requirement"), layout.view(new, "requirement")).all(axis=-1).any()
    assert layout.view(old, "beam").any()
    for name in ("beam", "power", "num_symbols", "gain", "interference", "sinr", "sinr_mean", "rate_quality"):
        assert not layout.view(new, name).any()


def test_requirements_stay_with_the_user_and_its_cell_knows_them() -> None:
    env = SemanticDownlinkEnv(scenario(*TWO_USERS), 3, seed=11)
    local = env.reset().local
    for slot in range(11):
        wanted = env.requirements
        seen = env.layout.view(local, "requirement").reshape(3, 6, 5)
        scaled = (wanted.weight, wanted.rate_ksutps / 100, wanted.accuracy, wanted.rate_slope, wanted.accuracy_slope / 100)
        np.testing.assert_allclose(seen, np.stack(scaled, axis=-1), rtol=1e-5)
        local = env.step(random_action(env.scenario, 3, slot)).observation.local


def test_an_option_redraws_requirements_each_slot_unobserved() -> None:
    env = SemanticDownlinkEnv(scenario("requirements.is_redrawn_each_slot=true"), 2, seed=12)
    local = env.reset().local
    for slot in range(3):
        before = copied(env.requirements)
        assert not env.layout.view(local, "requirement").any()
        local = env.step(random_action(env.scenario, 2, slot)).observation.local
        assert not np.isclose(before.rate_ksutps, env.requirements.rate_ksutps).all()


@pytest.mark.parametrize("settings", [("num_cells=3", "slots_per_epoch=4", "episode_slots=12"), TWO_USERS])
def test_the_observation_holds_what_its_table_says(settings: tuple[str, ...]) -> None:
    setting = scenario("num_neighbours=4", *settings)
    env = SemanticDownlinkEnv(setting, 1, seed=13)
    env.reset()
    layout, per_cell = env.layout, setting.users.num_per_cell
    share_over_noise = setting.link_max_power_w / setting.radio.noise_w
    swept: ScalarChannel | None = None
    mean = np.zeros(setting.num_users)
    for slot in range(9):
        before = ScalarChannel(env, 0)
        outcome = env.step(random_action(setting, 1, slot))
        measured, local, now = outcome.measurement, outcome.observation.local[0], ScalarChannel(env, 0)
        swept = now if (slot + 1) % 4 == 0 else (swept or before)
        assert (layout.view(local, "epoch_age") == (slot + 1) % 4 / 4).all()
        for user in range(setting.num_users):
            cell, place = user // per_cell, user % per_cell
            view = {name: layout.view(local[cell], name) for name in layout.shapes}
            beam = int(measured.beam[0, user])
            sinr = measured.sinr[0, user]
            seen = observed_db(max(float(sinr), 1e-4))
            mean[user] = seen if slot == 0 else mean[user] + 0.2 * (seen - mean[user])
            np.testing.assert_array_equal(view["beam"][place], np.arange(8) == beam)
            assert view["power"][place] == pytest.approx(measured.power_w[0, user] / setting.link_max_power_w)
            assert view["num_symbols"][place] == pytest.approx(measured.num_symbols[0, user] / 20)
            assert view["gain"][place] == pytest.approx(observed_db(now.gain(user, cell, beam) * share_over_noise), abs=1e-3)
            assert view["sinr"][place] == pytest.approx(seen, abs=1e-5)
            assert view["sinr_mean"][place] == pytest.approx(mean[user], abs=1e-4)
            assert view["rate_quality"][place] == measured.quality.rate[0, user]
            assert view["accuracy_quality"][place] == measured.quality.accuracy[0, user]
            for b in range(8):
                assert view["beam_gain"][place, b] == pytest.approx(
                    observed_db(swept.gain(user, cell, b) * share_over_noise), abs=2e-2
                )
            others = [other for other in range(3) if other != cell]
            heard = [observed_db(float(env.world.gain[0, user, other]) * share_over_noise) for other in others]
            np.testing.assert_allclose(view["neighbour_gain"][place], [*heard, 0.0, 0.0], atol=1e-4)
            if sinr > 0:
                own_w = measured.power_w[0, user] * before.gain(user, cell, beam)
                interference = own_w / sinr / setting.radio.noise_w - 1.0
                assert view["interference"][place] == pytest.approx(observed_db(1.0 + interference), abs=2e-3)


def test_observed_mean_gains_are_the_averages_of_swept_ones() -> None:
    setting = scenario("slots_per_epoch=1", "episode_slots=4000", "radio.doppler_hz=19.1", "num_cells=1")
    env = SemanticDownlinkEnv(setting, 200, 14)
    observation = env.reset()
    mean = 10.0 ** (2.0 * env.layout.view(observation.local, "mean_beam_gain").astype(np.float64))
    ratios = []
    for slot in range(60):
        swept = 10.0 ** (2.0 * env.layout.view(observation.local, "beam_gain").astype(np.float64))
        ratios.append(np.mean(swept / mean))
        observation = env.step(random_action(setting, 200, slot)).observation
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("name", semantic_preset_names())
def test_observations_are_finite_and_within_one_order_of_magnitude_of_one(name: str) -> None:
    setting = load_semantic_scenario(name)
    env = SemanticDownlinkEnv(setting, 32, seed=15)
    local = env.reset().local
    largest = np.abs(local)
    for slot in range(45):
        outcome = env.step(random_action(setting, 32, slot))
        local = outcome.observation.local
        assert np.isfinite(local).all()
        assert np.isfinite(outcome.reward).all()
        assert ((outcome.reward >= 0.0) & (outcome.reward <= 1.0)).all()
        largest = np.maximum(largest, np.abs(local))
    for feature in env.layout.shapes:
        assert 0.1 <= env.layout.view(largest, feature).max() <= 10.0, feature


def test_observations_stay_within_their_bounds_at_the_limits_of_the_configuration() -> None:
    setting = scenario(
        "radio.max_power_dbm=60", "radio.noise_power_dbm=-200", "requirements.rate_ksutps=[10000, 10000]", "num_cells=2"
    )
    env = SemanticDownlinkEnv(setting, 8, seed=16)
    local = env.reset().local
    for slot in range(3):
        assert np.abs(local).max() <= 10.0
        local = env.step(random_action(setting, 8, slot)).observation.local


@pytest.mark.parametrize(("placement", "median_m"), [("distance", 105.0), ("area", 141.6)])
def test_users_stand_around_their_own_cell_evenly_in_distance_or_area(placement: str, median_m: float) -> None:
    setting = scenario("users.num_per_cell=2", f'users.placement="{placement}"')
    env = SemanticDownlinkEnv(setting, 200, seed=17)
    env.reset()
    own_site_m = np.repeat(env.world.sites_m, 2, axis=0)
    distance_m = np.hypot(*(env.world.user_xy_m - own_site_m).transpose(2, 0, 1))
    assert distance_m.min() >= 10.0
    assert distance_m.max() <= 200.0
    assert np.mean(distance_m < median_m) == pytest.approx(0.5, abs=0.03)


def test_moving_users_cover_their_speed_and_stay_in_their_ring() -> None:
    setting = scenario("users.speed_mps=20", "slots_per_epoch=5", "episode_slots=1000")
    env = SemanticDownlinkEnv(setting, 20, seed=18)
    env.reset()
    shares = []
    for slot in range(200):
        before = env.world.user_xy_m.copy()
        env.step(random_action(setting, 20, slot))
        way_m = np.hypot(*(env.world.user_xy_m - before).transpose(2, 0, 1))
        if slot % 5 == 4:
            assert (np.isclose(way_m, 2.0, atol=1e-6) | (way_m == 0.0)).all()
            shares.append(np.mean(way_m > 0.0))
        else:
            assert not way_m.any()
    distance_m = np.hypot(*(env.world.user_xy_m - env.world.sites_m).transpose(2, 0, 1))
    assert distance_m.min() >= 10.0
    assert distance_m.max() <= 200.0
    assert np.mean(shares) > 0.9


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("beam", 8, r"beam holds 8\.\.8; each must be in 0\.\.7"),
        ("power_level", -1, r"power_level holds -1\.\.-1; each must be in 0\.\.4"),
        ("num_symbols", 0, r"num_symbols holds 0\.\.0; each must be in 1\.\.20"),
        ("num_symbols", 21, r"num_symbols holds 21\.\.21; each must be in 1\.\.20"),
    ],
)
def test_a_choice_out_of_range_is_refused(part: str, value: int, said: str) -> None:
    env = SemanticDownlinkEnv(scenario(), 1, seed=19)
    env.reset()
    action = {name: np.ones((1, 7, 1), int) for name in ("beam", "power_level", "num_symbols")}
    with pytest.raises(MessageError, match=said):
        env.step(DownlinkAction(**{**action, part: np.full((1, 7, 1), value)}))


@pytest.mark.parametrize("bad", [np.ones((1, 7, 2), int), np.ones((1, 7, 1))])
def test_a_choice_of_another_shape_or_kind_is_refused(bad: np.ndarray) -> None:
    env = SemanticDownlinkEnv(scenario(), 1, seed=20)
    env.reset()
    good = np.ones((1, 7, 1), int)
    with pytest.raises((MessageError, TypeError), match=r"shape|annotation"):
        env.step(DownlinkAction(bad, good, good))


def test_nothing_happens_before_a_reset() -> None:
    env = SemanticDownlinkEnv(scenario(), 1)
    with pytest.raises(ConfigError, match="call reset first"):
        env.step(random_action(env.scenario, 1, 0))
    with pytest.raises(ConfigError, match="num_envs=0"):
        SemanticDownlinkEnv(scenario(), 0)
