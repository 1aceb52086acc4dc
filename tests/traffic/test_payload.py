import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiercoop.config.load import load_scenario
from hiercoop.env import HetNetEnv
from hiercoop.errors import ConfigError
from hiercoop.traffic.payload import check_payload_bytes, delivered_bits, has_something_to_send, link_payload_bits

BITS = st.floats(0.0, 8e9, allow_nan=False)


@given(left=st.lists(BITS, min_size=1, max_size=9), capacity_bps=st.floats(0.0, 1e9, width=32))
def test_a_slot_takes_its_worth_or_what_is_left_and_ends_at_exactly_zero(left: list[float], capacity_bps: float) -> None:
    before = np.array(left)
    capacity = np.full(len(left), capacity_bps, np.float32)
    delivered = delivered_bits(before, capacity, 1e-3)
    after = before - delivered
    assert (delivered >= 0.0).all()
    assert (after >= 0.0).all()
    finished = before <= capacity.astype(np.float64) * 1e-3
    np.testing.assert_array_equal(after == 0.0, finished | (before == 0.0))


@settings(max_examples=10, deadline=None)
@given(payload_bytes=st.floats(0.0, 20_000.0), seed=st.integers(0, 1000))
def test_what_is_delivered_and_what_is_left_make_the_payload(payload_bytes: float, seed: int) -> None:
    scenario = load_scenario("urban-grid", settings=["episode_slots=9", f"traffic.payload_bytes={payload_bytes!r}"])
    env = HetNetEnv(scenario, 2, seed)
    env.reset()
    generator = np.random.default_rng(seed)
    total = np.zeros((2, 9))
    for _ in range(9):
        measured = env.step(generator.integers(8, size=(2, 3, 3))).measurement
        total += measured.delivered_bits
        np.testing.assert_array_equal(measured.is_delivered, measured.payload_left_bits == 0.0)
        assert not measured.delivered_bits[~measured.active].any()
    np.testing.assert_allclose(total + measured.payload_left_bits, payload_bytes * 8.0, rtol=1e-12, atol=1e-9)


def test_payloads_go_by_cell_where_the_scenario_says_so() -> None:
    scenario = load_scenario("urban-grid", settings=["traffic.cell_payload_bytes=[1.0, 2.0, 3.0]"])
    np.testing.assert_array_equal(link_payload_bits(scenario), np.repeat([8.0, 16.0, 24.0], 3))


@given(ratio=st.floats(1.0, 1000.0), num_sbs=st.integers(2, 12))
def test_a_load_ratio_spreads_payloads_over_cells_and_keeps_their_mean(ratio: float, num_sbs: int) -> None:
    settings = [f"traffic.load_ratio={ratio!r}", "traffic.payload_bytes=1000.0", f"num_sbs={num_sbs}"]
    cell_bytes = link_payload_bits(load_scenario("urban-grid", settings=settings))[::3] / 8.0
    np.testing.assert_allclose(cell_bytes[-1] / cell_bytes[0], ratio, rtol=1e-9)
    np.testing.assert_allclose(cell_bytes.mean(), 1000.0, rtol=1e-9)
    np.testing.assert_allclose(np.diff(cell_bytes), np.diff(cell_bytes)[0], atol=1e-6)


def test_a_single_cell_has_the_mean_payload_whatever_the_load_ratio() -> None:
    scenario = load_scenario("urban-grid", settings=["traffic.load_ratio=9.0", "num_sbs=1"])
    np.testing.assert_array_equal(link_payload_bits(scenario), 87_500.0 * 8.0)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        (["traffic.cell_payload_bytes=[1.0, 2.0, 3.0]"], "traffic.load_ratio=3 and cell_payload_bytes exclude each other"),
        (["traffic.payload_bytes=8e8"], r"traffic.load_ratio=3 makes a payload of 1.2e\+09; the most is 1e9"),
    ],
)
def test_a_load_ratio_that_does_not_fit_is_refused(others: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load_scenario("urban-grid", settings=["traffic.load_ratio=3.0", *others])


def test_only_vehicles_with_bits_left_send_and_all_vehicles_where_payloads_never_end() -> None:
    present, left = np.array([True, True, False]), np.array([1.0, 0.0, 5.0])
    np.testing.assert_array_equal(has_something_to_send(present, left, False), [True, False, False])
    np.testing.assert_array_equal(has_something_to_send(present, left, True), present)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 2e9])
def test_a_payload_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(ConfigError, match="payload_bytes="):
        check_payload_bytes(value)
