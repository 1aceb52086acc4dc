import numpy as np
import pytest

from hiercoop.algorithms.allocator import UncooperativeAllocator
from hiercoop.algorithms.registry import make_allocator
from hiercoop.config.load import load_scenario
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env import HetNetEnv
from hiercoop.env.types import ChannelState, Observation
from hiercoop.errors import ConfigError
from hiercoop.training.evaluation import EvaluationReport, estimate, evaluate

QUICK = ["episode_slots=20", "traffic.payload_bytes=12000"]


def report(name: str, *settings: str, episodes: int = 16, seed: int = 31) -> EvaluationReport:
    scenario = load_scenario("urban-grid", settings=[*QUICK, *settings])
    return evaluate(scenario, make_allocator(name, scenario, seed), episodes, seed)


class Recorder(UncooperativeAllocator):
    """A fixed choice, and the gains that it was shown."""

    name = "recorder"

    def __init__(self, choice: int) -> None:
        self.choice = choice
        self.gains: list[np.ndarray] = []

    def reset(self, num_envs: int) -> None:
        """Nothing to forget."""

    def allocate(self, observation: Observation, channel: ChannelState) -> np.ndarray:
        self.gains.append(channel.gain.copy())
        return np.full(observation.action_mask.shape[:3], self.choice, np.int64)


def test_the_json_has_the_keys_that_outsiders_rely_on() -> None:
    told = report("local-search").to_json()
    assert list(told) == [
        "policy",
        "scenario",
        "episodes",
        "seed",
        "payload_bytes",
        "sum_capacity_bps",
        "link_capacity_bps",
        "goodput_bps",
        "delivery_success",
        "time_to_deliver_s",
        "spectral_efficiency_bps_hz",
        "reward",
        "signalling",
        "option_share",
    ]
    assert (told["policy"], told["scenario"], told["episodes"], told["seed"]) == ("local-search", "urban-grid", 16, 31)
    assert told["payload_bytes"] == 12_000.0
    assert told["signalling"] == dict.fromkeys(
        ["payload_bytes_per_slot", "http2_bytes_per_slot", "link_bytes_per_slot", "reports_per_slot"], 0.0
    )
    assert told["option_share"] == []
    capacity = told["sum_capacity_bps"]
    assert capacity["ci95"][0] < capacity["mean"] < capacity["ci95"][1]


def test_metrics_are_those_of_the_slots() -> None:
    scenario = load_scenario("urban-grid", settings=QUICK)
    metrics = evaluate(scenario, Recorder(1), 4, 32).metrics
    env = HetNetEnv(scenario, 4, 32)
    env.reset()
    slots = [env.step(np.ones((4, 3, 3), np.int64)) for _ in range(20)]
    capacity = np.array([slot.measurement.capacity_bps for slot in slots], np.float64)
    active = np.array([slot.measurement.active for slot in slots])
    left = np.array([slot.measurement.payload_left_bits for slot in slots])
    per_env = (0, 2)
    wanted = {
        "sum_capacity_bps": capacity.sum(per_env) / 20,
        "link_capacity_bps": capacity.sum(per_env) / active.sum(per_env),
        "goodput_bps": (96_000.0 * 9 - left[-1].sum(axis=1)) / 20e-3,
        "delivery_success": (left[-1] == 0).mean(axis=1),
        "spectral_efficiency_bps_hz": capacity.sum(per_env) / 20 / 4e6,
        "reward": np.array([slot.reward.total for slot in slots]).mean(axis=0),
    }
    for name, values in wanted.items():
        assert metrics[name].mean == pytest.approx(values.mean(), rel=1e-5), name
    slots_taken = (left > 0).sum(axis=0) + 1.0
    times = [slots_taken[e][left[-1, e] == 0] * 1e-3 for e in range(4)]
    assert metrics["time_to_deliver_s"].mean == pytest.approx(np.mean([time.mean() for time in times if len(time)]))


def test_every_policy_sees_the_same_episodes() -> None:
    scenario = load_scenario("urban-grid", settings=["episode_slots=6"])
    quiet, loud = Recorder(0), Recorder(5)
    for allocator in (quiet, loud):
        evaluate(scenario, allocator, 70, 33)
    np.testing.assert_array_equal(np.stack(quiet.gains), np.stack(loud.gains))
    assert len(quiet.gains) == 12


def test_the_same_seed_gives_the_same_report_and_another_seed_another() -> None:
    assert report("best-response") == report("best-response")
    assert report("random").metrics != report("random", seed=32).metrics


def test_the_bound_is_scored_without_interference_and_above_everything() -> None:
    bound = report("greedy-bound").metrics
    for name in ("best-response", "best-response-payload", "local-search", "random"):
        other = report(name).metrics
        assert bound["delivery_success"].mean >= other["delivery_success"].mean
        assert bound["time_to_deliver_s"].mean < other["time_to_deliver_s"].mean
        assert bound["goodput_bps"].mean >= other["goodput_bps"].mean


def test_the_bound_is_the_capacity_of_the_strongest_gain_alone() -> None:
    scenario = load_scenario("urban-grid", settings=["episode_slots=3", "traffic.full_buffer=true"])
    told = evaluate(scenario, make_allocator("greedy-bound", scenario, 1), 4, 34).metrics["sum_capacity_bps"].mean
    env = HetNetEnv(scenario, 4, 34)
    env.reset()
    total = 0.0
    for _ in range(3):
        gain = env.channel_state().gain
        for link in range(9):
            best = gain[:, link, [link // 3, 3]].max(axis=(1, 2)).astype(np.float64)
            total += float(np.log2(1.0 + best * scenario.radio.tx_over_noise).sum() * 1e6)
        env.step(np.zeros((4, 3, 3), np.int64))
    assert told == pytest.approx(total / 12, rel=1e-5)


def test_a_full_buffer_has_capacity_but_no_deliveries() -> None:
    told = report("random", "traffic.full_buffer=true")
    assert told.payload_bytes is None
    assert told.metrics["delivery_success"].mean is None
    assert told.metrics["time_to_deliver_s"].ci95 == (None, None)
    assert told.metrics["goodput_bps"].mean == pytest.approx(told.metrics["sum_capacity_bps"].mean, rel=1e-6)


def test_link_capacity_falls_with_growing_payload() -> None:
    light, heavy = (report("best-response-payload", f"traffic.payload_bytes={payload}").metrics for payload in (2_000, 30_000))
    assert heavy["link_capacity_bps"].mean < light["link_capacity_bps"].mean


def test_moving_traffic_is_evaluated_round_by_round() -> None:
    told = report("local-search", 'mobility.kind="grid"', episodes=5)
    assert told.episodes == 5
    assert told.metrics["delivery_success"].mean is not None


def test_estimates_leave_out_what_is_not_a_number() -> None:
    told = estimate(np.array([1.0, np.nan, 3.0]))
    assert told.mean == 2.0
    assert told.ci95[1] == pytest.approx(2.0 + 1.96, abs=1e-3)
    assert estimate(np.array([np.nan])).mean is None
    assert estimate(np.array([4.0])).ci95 == (None, None)


def test_no_episodes_are_refused() -> None:
    scenario: ScenarioConfig = load_scenario("urban-grid")
    with pytest.raises(ConfigError, match="episodes=0"):
        evaluate(scenario, Recorder(0), 0, 1)
