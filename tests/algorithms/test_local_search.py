from itertools import product

import numpy as np
import pytest

from hiercoop.env.types import ObservationLayout
from hiercoop.execution import local_search
from hiercoop.execution.local_search import choose


def rows(num: int, num_vehicles: int = 3, num_bands: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    layout = ObservationLayout(num_vehicles, num_bands)
    generator = np.random.default_rng(seed)
    local = np.zeros((num, layout.size), np.float32)
    layout.view(local, "gain")[...] = generator.normal(1.5, 0.7, (num, num_vehicles, 2, num_bands))
    layout.view(local, "interference_mean")[...] = generator.exponential(0.7, (num, 2, num_bands))
    mask = np.ones((num, num_vehicles, 2 * num_bands), np.bool_)
    mask[::4, 0] = False
    return local, mask


def sum_capacity(local: np.ndarray, mask: np.ndarray, choice: tuple[int, ...], num_bands: int) -> float:
    """Sum of log2(1 + SINR) of one cell's own links, in plain Python."""
    layout = ObservationLayout(len(choice), num_bands)
    snr = 10.0 ** (2.0 * layout.view(local, "gain").astype(np.float64))
    floor = 10.0 ** (2.0 * layout.view(local, "interference_mean").astype(np.float64))
    total = 0.0
    for vehicle, c in enumerate(choice):
        if not mask[vehicle].any():
            continue
        station, band = divmod(c, num_bands)
        noise = floor[station, band]
        for other, other_choice in enumerate(choice):
            if other != vehicle and mask[other].any() and other_choice % num_bands == band:
                noise += snr[other, station, band]
        total += np.log2(1.0 + snr[vehicle, station, band] / noise)
    return total


def test_it_finds_the_best_joint_choice_of_the_cell() -> None:
    local, mask = rows(6, num_vehicles=2, num_bands=3)
    found = choose(local, mask)
    for row in range(6):
        worth = {c: sum_capacity(local[row], mask[row], c, 3) for c in product(range(6), repeat=2)}
        assert worth[tuple(found[row])] == pytest.approx(max(worth.values()), rel=1e-12)


def test_a_row_alone_gives_the_same_bits_as_in_any_batch() -> None:
    local, mask = rows(150)
    together = choose(local, mask)
    alone = np.stack([choose(local[row], mask[row]) for row in range(150)])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(choose(local.reshape(50, 3, -1), mask.reshape(50, 3, 3, 8)).reshape(150, 3), together)


def test_too_many_joint_choices_are_improved_in_turn_almost_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    local, mask = rows(40)
    best = choose(local, mask)
    monkeypatch.setattr(local_search, "MAX_JOINT_CHOICES", 1)
    in_turn = choose(local, mask)
    worth = [sum(sum_capacity(local[row], mask[row], tuple(choice[row]), 4) for row in range(40)) for choice in (best, in_turn)]
    assert 0.97 * worth[0] < worth[1] <= worth[0] * (1.0 + 1e-12)
    alone = np.stack([choose(local[row], mask[row]) for row in range(40)])
    np.testing.assert_array_equal(in_turn, alone)


def test_vehicles_masked_whole_get_choice_zero_and_allowed_ones_an_allowed_choice() -> None:
    local, mask = rows(20)
    mask[:, 1, :4] = False
    choice = choose(local, mask)
    assert not choice[::4, 0].any()
    assert (choice[:, 1] >= 4).all()


def test_without_gains_it_keeps_vehicles_apart_and_off_loud_bands() -> None:
    layout = ObservationLayout(2, 4, has_gains=False)
    local = np.zeros((1, layout.size), np.float32)
    layout.view(local, "interference_mean")[...] = np.array([[3.0, 0.0, 3.0, 3.0], [3.0, 3.0, 3.0, 0.0]])
    choice = choose(local, np.ones((1, 2, 8), np.bool_))
    assert sorted(choice[0]) == [1, 7]
