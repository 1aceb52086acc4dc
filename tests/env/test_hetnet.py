import math

import numpy as np
import pytest

from hiercoop.env import HetNetEnv
from hiercoop.env.types import PAYLOAD_SCALE_BITS
from hiercoop.errors import ConfigError, MessageError
from tests.env.scenes import observed_db, random_choice, scalar_foreign_interference_w, scalar_sinr, scenario


def test_a_slot_is_scored_as_a_scalar_re_implementation_scores_it() -> None:
    setting = scenario("traffic.payload_bytes=2500")
    env = HetNetEnv(setting, 4, seed=1)
    env.reset()
    saw_a_silent_link = False
    for slot in range(6):
        channel = env.channel_state()
        left_bits = channel.payload_left_bits.copy()
        choice = random_choice(setting, 4, slot)
        measured = env.step(choice).measurement
        for e in range(4):
            sinr = scalar_sinr(setting, channel, choice, e)
            np.testing.assert_allclose(measured.sinr[e], sinr, rtol=2e-5)
            capacity = [1e6 * math.log2(1.0 + value) for value in sinr]
            np.testing.assert_allclose(measured.capacity_bps[e], capacity, rtol=2e-5)
            delivered = np.minimum(left_bits[e], np.array(capacity) * 1e-3)
            np.testing.assert_allclose(measured.delivered_bits[e], delivered, rtol=2e-5)
        saw_a_silent_link |= not channel.active.all()
    assert saw_a_silent_link


def test_the_observation_holds_what_its_table_says() -> None:
    setting = scenario("traffic.payload_bytes=9000")
    env = HetNetEnv(setting, 2, seed=2)
    env.reset()
    for slot in range(5):
        before = env.channel_state()
        choice = random_choice(setting, 2, slot)
        outcome = env.step(choice)
        channel, local, layout = env.channel_state(), outcome.observation.local, env.layout
        noise_w, tx_power_w = setting.radio.noise_w, setting.radio.tx_power_w
        for e in range(2):
            for cell in range(3):
                view = {name: layout.view(local[e, cell], name) for name in layout.shapes}
                heard_w = scalar_foreign_interference_w(setting, before, choice, e, cell)
                heard = [[observed_db(1.0 + value / noise_w) for value in row] for row in heard_w]
                np.testing.assert_allclose(view["interference"], heard, rtol=1e-4, atol=1e-6)
                for vehicle in range(3):
                    link = cell * 3 + vehicle
                    left = channel.payload_left_bits[e, link]
                    assert view["is_active"][vehicle] == (left > 0)
                    assert view["payload_left"][vehicle] == pytest.approx(left / PAYLOAD_SCALE_BITS, rel=1e-6)
                    needed = left / ((100 - slot - 1) * 1e-3 * 1e6) / 10.0
                    assert view["needed_rate"][vehicle] == pytest.approx(min(needed, 1.0), rel=1e-6)
                    one_hot = np.zeros(8)
                    if before.active[e, link]:
                        one_hot[choice[e, cell, vehicle]] = 1.0
                    np.testing.assert_array_equal(view["last_choice"][vehicle], one_hot)
                    gain = np.zeros((2, 4))
                    if left > 0:
                        for station, receiver in enumerate((cell, 3)):
                            for band in range(4):
                                power_w = tx_power_w * float(channel.gain[e, link, receiver, band])
                                gain[station, band] = observed_db(power_w / noise_w)
                    np.testing.assert_allclose(view["gain"][vehicle], gain, rtol=1e-4, atol=1e-5)
                assert view["time_left"][0] == pytest.approx((99 - slot) / 100)


def test_delivered_and_absent_links_are_masked_and_silent() -> None:
    setting = scenario("traffic.cell_payload_bytes=[0.0, 50000.0, 0.0]")
    env = HetNetEnv(setting, 3, seed=3)
    mask = env.reset().action_mask
    assert mask[:, 1].all()
    assert not mask[:, [0, 2]].any()
    measured = env.step(random_choice(setting, 3, 0)).measurement
    silent = [0, 1, 2, 6, 7, 8]
    assert not measured.active[:, silent].any()
    assert not measured.sinr[:, silent].any()
    assert measured.sinr[:, 3:6].all()


def test_what_silent_links_choose_changes_nothing() -> None:
    setting = scenario("traffic.cell_payload_bytes=[0.0, 50000.0, 50000.0]")
    outcomes = []
    for silent_choice in (0, 7):
        env = HetNetEnv(setting, 2, seed=4)
        env.reset()
        choice = random_choice(setting, 2, 1)
        choice[:, 0] = silent_choice
        outcomes.append(env.step(choice))
    np.testing.assert_array_equal(outcomes[0].observation.local, outcomes[1].observation.local)
    np.testing.assert_array_equal(outcomes[0].measurement.sinr, outcomes[1].measurement.sinr)


def test_the_same_seed_repeats_and_another_does_not() -> None:
    setting = scenario()

    def run(seed: int) -> np.ndarray:
        env = HetNetEnv(setting, 2, seed)
        observations = [env.reset().local]
        observations += [env.step(random_choice(setting, 2, slot)).observation.local for slot in range(3)]
        return np.stack(observations)

    np.testing.assert_array_equal(run(5), run(5))
    assert not np.array_equal(run(5), run(6))


@pytest.mark.parametrize("settings", [[], ['radio.fading="jakes"'], ['mobility.kind="grid"', 'radio.fading="ar1"']])
def test_places_and_channels_do_not_depend_on_choices(settings: list[str]) -> None:
    setting = scenario("episode_slots=7", *settings)
    envs = [HetNetEnv(setting, 1, 7), HetNetEnv(setting, 1, 7)]
    for env in envs:
        env.reset()
    for slot in range(20):
        for number, env in enumerate(envs):
            env.step(random_choice(setting, 1, slot + 1000 * number))
        np.testing.assert_array_equal(envs[0].channel_state().gain, envs[1].channel_state().gain)


def test_a_round_ends_at_the_deadline_and_the_next_begins_elsewhere() -> None:
    setting = scenario("episode_slots=5")
    env = HetNetEnv(setting, 2, seed=8)
    env.reset()
    outcomes = [env.step(random_choice(setting, 2, slot)) for slot in range(6)]
    assert [outcome.measurement.is_round_end for outcome in outcomes] == [False] * 4 + [True, False]
    end = outcomes[4]
    assert end.final_observation is not None
    assert outcomes[3].final_observation is None
    layout = env.layout
    assert (layout.view(end.final_observation.local, "time_left") == 0.0).all()
    assert layout.view(end.final_observation.local, "last_choice").any()
    assert (layout.view(end.observation.local, "time_left") == 1.0).all()
    for name in ("last_choice", "interference", "interference_mean"):
        assert not layout.view(end.observation.local, name).any()
    assert end.observation.action_mask.all()
    assert [outcome.observation.slot for outcome in outcomes] == [1, 2, 3, 4, 5, 6]


def test_a_new_payload_waits_for_the_next_round() -> None:
    setting = scenario("episode_slots=3", "traffic.payload_bytes=50000")
    env = HetNetEnv(setting, 1, seed=9)
    env.reset()
    env.set_payload_bytes(1000.0)
    assert (env.channel_state().payload_left_bits == 400_000.0).all()
    for slot in range(3):
        assert (env.channel_state().payload_left_bits > 100_000.0).all()
        env.step(random_choice(setting, 1, slot))
    assert (env.channel_state().payload_left_bits == 8000.0).all()


def test_payloads_may_differ_by_vehicle_and_must_be_payloads() -> None:
    env = HetNetEnv(scenario(), 2, seed=10)
    payload_bytes = np.arange(9.0) * 1000.0
    env.set_payload_bytes(payload_bytes)
    env.reset()
    np.testing.assert_array_equal(env.channel_state().payload_left_bits, np.tile(payload_bytes * 8.0, (2, 1)))
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ConfigError, match="must be a number in 0"):
            env.set_payload_bytes(bad)


def test_a_full_buffer_never_empties() -> None:
    setting = scenario("traffic.full_buffer=true", "episode_slots=4")
    env = HetNetEnv(setting, 2, seed=11)
    env.reset()
    for slot in range(9):
        outcome = env.step(random_choice(setting, 2, slot))
        measured = outcome.measurement
        assert measured.active.all()
        assert not measured.is_delivered.any()
        np.testing.assert_allclose(measured.delivered_bits, measured.capacity_bps * 1e-3, rtol=1e-6)
        assert not outcome.reward.delivery.any()
        for name in ("payload_left", "needed_rate"):
            assert not env.layout.view(outcome.observation.local, name).any()


@pytest.mark.parametrize("num_sbs", [1, 2, 6])
def test_mean_gains_are_those_to_own_sbs_mbs_and_nearest_neighbours_without_fading(num_sbs: int) -> None:
    env = HetNetEnv(scenario(f"num_sbs={num_sbs}"), 2, seed=21)
    observation = env.reset()
    found = env.layout.view(observation.local, "mean_gain")
    sites_m = env.world.sbs_sites_m
    for place, cell, vehicle in np.ndindex(2, num_sbs, 3):
        gain = env.placement.gain[place, cell * 3 + vehicle].astype(float)
        others = sorted(set(range(num_sbs)) - {cell}, key=lambda other: math.dist(sites_m[cell], sites_m[other]))
        measured = [gain[cell], gain[num_sbs], *(gain[other] for other in others[:4])]
        snr = np.array(measured + [0.0] * (6 - len(measured))) * env.scenario.radio.tx_over_noise
        np.testing.assert_allclose(found[place, cell, vehicle], np.log10(1.0 + snr) / 2.0, atol=1e-5)


def test_mean_gains_stay_for_a_placement_and_leave_with_what_is_delivered() -> None:
    env = HetNetEnv(scenario("episode_slots=4", "traffic.payload_bytes=500"), 1, seed=22)
    first = env.layout.view(env.reset().local, "mean_gain")[0]
    outcome = env.step(random_choice(env.scenario, 1, 0))
    later = env.layout.view(outcome.observation.local, "mean_gain")[0]
    is_active = env.layout.view(outcome.observation.local, "is_active")[0] == 1.0
    assert is_active.any()
    assert not is_active.all()
    np.testing.assert_array_equal(later, first * is_active[..., None])


@pytest.mark.parametrize("mbs_csi", ["delayed", "none"])
def test_gains_to_the_mbs_arrive_late_or_never(mbs_csi: str) -> None:
    settings = ["traffic.full_buffer=true", "episode_slots=4"]
    now = HetNetEnv(scenario(*settings), 1, seed=12)
    late = HetNetEnv(scenario(*settings, f'observation.mbs_csi="{mbs_csi}"'), 1, seed=12)

    def gains(env: HetNetEnv, local: np.ndarray) -> np.ndarray:
        return env.layout.view(local, "gain")[0]

    truth, seen = [gains(now, now.reset().local)], [gains(late, late.reset().local)]
    for slot in range(7):
        choice = random_choice(now.scenario, 1, slot)
        truth.append(gains(now, now.step(choice).observation.local))
        seen.append(gains(late, late.step(choice).observation.local))
    for slot in range(8):
        np.testing.assert_array_equal(seen[slot][..., 0, :], truth[slot][..., 0, :])
        is_known = mbs_csi == "delayed" and slot % 4 > 0
        np.testing.assert_array_equal(seen[slot][..., 1, :], truth[slot - 1][..., 1, :] if is_known else 0.0)


def test_the_bare_form_has_no_gains() -> None:
    setting = scenario("observation.has_gains=false")
    env = HetNetEnv(setting, 1, seed=13)
    assert env.reset().local.shape == (1, 3, 50)
    assert "gain" not in env.layout.shapes


def test_moving_traffic_keeps_what_is_known_of_vehicles_that_stay() -> None:
    setting = scenario('mobility.kind="grid"', "mobility.num_vehicles=6", "episode_slots=5", "traffic.full_buffer=true")
    env = HetNetEnv(setting, 1, seed=14)
    env.reset()
    for slot in range(5):
        outcome = env.step(random_choice(setting, 1, slot))
    present = outcome.measurement.is_present
    assert 0 < np.count_nonzero(present) < 9
    assert outcome.final_observation is None
    # Six vehicles fill no queue, so those that were served go on being served from the same slots.
    assert env.layout.view(outcome.observation.local, "last_choice").sum() == np.count_nonzero(present)
    assert not outcome.measurement.sinr[~present].any()


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (np.zeros((1, 3, 2), np.int64), r"shape \(1, 3, 3\)"),
        (np.zeros((1, 3, 3), np.int64) + 8, r"0\.\.7"),
        (np.zeros((1, 3, 3), np.int64) - 1, r"0\.\.7"),
    ],
)
def test_a_choice_that_is_none_is_refused(choice: np.ndarray, said: str) -> None:
    env = HetNetEnv(scenario(), 1, seed=15)
    env.reset()
    with pytest.raises(MessageError, match=said):
        env.step(choice)


def test_nothing_happens_before_a_reset() -> None:
    env = HetNetEnv(scenario(), 1)
    with pytest.raises(ConfigError, match="call reset first"):
        env.channel_state()
    with pytest.raises(ConfigError, match="call reset first"):
        env.step(random_choice(env.scenario, 1, 0))
    with pytest.raises(ConfigError, match="num_envs=0"):
        HetNetEnv(scenario(), 0)


def test_observations_stay_within_their_bounds_at_the_limits_of_the_configuration() -> None:
    setting = scenario(
        "radio.tx_power_dbm=60",
        "radio.noise_power_dbm=-200",
        "traffic.payload_bytes=1e9",
        "radio.mbs.height_m=25",
        "radio.mbs.gain_dbi=60",
    )
    env = HetNetEnv(setting, 4, seed=16)
    local = env.reset().local
    for slot in range(3):
        assert np.abs(local).max() <= 10.0
        local = env.step(random_choice(setting, 4, slot)).observation.local
