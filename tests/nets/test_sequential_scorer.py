"""The scorer against a plain re-computation, its masks, and what a vehicle sees of the earlier ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ObservationConfig, ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.sequential_scorer import ScorerSizes, SequentialScorer
from tests.observations import random_rows

SCENARIO = ScenarioConfig()
NO_PLAN = 0
"""The option that begins with nothing left out."""


def make_scorer(scenario: ScenarioConfig = SCENARIO, seed: int = 0, worth_only: bool = False) -> SequentialScorer:
    torch.manual_seed(seed)
    scorer = SequentialScorer(local_spec(scenario), ScorerSizes(num_options=8, hidden=16, worth_weight=1.0))
    if worth_only:
        torch.nn.init.zeros_(scorer.out_layer.weight)
    return scorer


def score(scorer: SequentialScorer, rows: dict[str, np.ndarray], forced: torch.Tensor | None = None):
    with torch.no_grad():
        return scorer(**{name: torch.from_numpy(value) for name, value in rows.items()}, forced=forced)


@pytest.mark.parametrize("seed", range(5))
def test_masked_choices_are_never_chosen(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = random_rows(SCENARIO, 64, generator)
    rows["mask"] = rows["mask"] & (generator.random(rows["mask"].shape) < 0.5)
    rows["noise"] *= 100.0
    choice = score(make_scorer(seed=seed), rows).choice.numpy()
    allowed = np.take_along_axis(rows["mask"], choice[..., None], 2)[..., 0]
    has_choice = rows["mask"].any(-1)
    assert allowed[has_choice].all()
    assert (choice[~has_choice] == 0).all()


def test_without_noise_each_vehicle_takes_its_best_logit() -> None:
    rows = random_rows(SCENARIO, 64, np.random.default_rng(0))
    rows["noise"][...] = 0.0
    scores = score(make_scorer(), rows)
    has_choice = rows["mask"].any(-1)
    assert np.array_equal(scores.logits.argmax(-1).numpy()[has_choice], scores.choice.numpy()[has_choice])


def test_replaying_choices_gives_the_same_logits() -> None:
    rows = random_rows(SCENARIO, 64, np.random.default_rng(1))
    scorer = make_scorer()
    chosen = score(scorer, rows)
    replayed = score(scorer, rows, forced=chosen.choice)
    assert torch.equal(chosen.logits, replayed.logits)


def test_a_later_vehicle_sees_what_the_first_took_and_the_first_sees_nothing_of_it() -> None:
    rows = random_rows(SCENARIO, 64, np.random.default_rng(2))
    ObservationLayout.of(SCENARIO).view(rows["local"], "is_active")[...] = 1.0
    rows["mask"][...] = True
    scorer = make_scorer()
    one = score(scorer, rows, forced=torch.zeros(64, 3, dtype=torch.long)).logits
    other = score(scorer, rows, forced=torch.tensor([1, 0, 0]).expand(64, 3)).logits
    assert torch.equal(one[:, 0], other[:, 0])
    assert not torch.allclose(one[:, 1], other[:, 1])


def test_a_band_that_was_taken_is_worth_less_and_the_others_as_much_as_before() -> None:
    rows = random_rows(SCENARIO, 64, np.random.default_rng(2))
    ObservationLayout.of(SCENARIO).view(rows["local"], "is_active")[...] = 1.0
    rows["mask"][...] = True
    scorer = make_scorer(worth_only=True)
    taken = score(scorer, rows, forced=torch.tensor([0, 3, 0]).expand(64, 3)).logits[:, 2]
    free = score(scorer, rows, forced=torch.tensor([1, 3, 0]).expand(64, 3)).logits[:, 2]
    assert (taken[:, [0, 4]] < free[:, [0, 4]]).all()
    assert (taken[:, [1, 5]] > free[:, [1, 5]]).all()
    torch.testing.assert_close(taken[:, [2, 6, 3, 7]], free[:, [2, 6, 3, 7]])


def test_options_differ() -> None:
    rows = random_rows(SCENARIO, 8, np.random.default_rng(3))
    scorer = make_scorer()
    by_option = [score(scorer, rows | {"option": np.full(8, option)}).logits for option in range(8)]
    assert all(not torch.allclose(by_option[0], other) for other in by_option[1:])


def rate(snr: float, floor: float) -> float:
    return float(np.log1p(snr / floor))


def test_worth_of_the_last_of_two_vehicles_is_its_rate_less_what_the_first_and_it_lose_by_sharing() -> None:
    scenario = ScenarioConfig(num_vehicles_per_sbs=2, radio=RadioConfig(num_bands=2))
    layout = ObservationLayout.of(scenario)
    rows = random_rows(scenario, 1, np.random.default_rng(4))
    layout.view(rows["local"], "is_active")[...] = 1.0
    layout.view(rows["local"], "gain")[...] = np.random.default_rng(5).uniform(0.5, 2.0, (1, 2, 2, 2))
    rows["mask"][...] = True
    rows["option"][...] = NO_PLAN
    snr = 10.0 ** (layout.view(rows["local"], "gain")[0].astype(float) * SNR_DB_SCALE / 10.0)
    floor = 10.0 ** (layout.view(rows["local"], "interference_mean")[0].astype(float) * SNR_DB_SCALE / 10.0)
    first_station, first_band = 1, 0
    logits = score(make_scorer(scenario, worth_only=True), rows, forced=torch.tensor([[2, 0]])).logits[0, 1].reshape(2, 2)
    for station in range(2):
        for band in range(2):
            worth = rate(snr[1, station, band], floor[station, band])
            if band == first_band:
                noise = floor[station, band] + snr[0, station, band]
                worth = rate(snr[1, station, band], noise)
                alone = rate(snr[0, first_station, band], floor[first_station, band])
                worth -= alone - rate(snr[0, first_station, band], floor[first_station, band] + snr[1, first_station, band])
            assert logits[station, band].item() == pytest.approx(worth, rel=1e-3, abs=1e-3)


def test_with_worth_alone_two_vehicles_choose_the_best_pair() -> None:
    scenario = ScenarioConfig(num_vehicles_per_sbs=2)
    layout = ObservationLayout.of(scenario)
    rows = random_rows(scenario, 200, np.random.default_rng(6))
    layout.view(rows["local"], "is_active")[...] = 1.0
    rows["mask"][...] = True
    rows["noise"][...] = 0.0
    rows["option"][...] = NO_PLAN
    gain = layout.view(rows["local"], "gain")
    gain[...] = np.random.default_rng(7).uniform(0.5, 2.0, gain.shape)
    chosen = score(make_scorer(scenario, worth_only=True), rows).choice.numpy()
    snr = 10.0 ** (gain.astype(float).reshape(200, 2, 8) * SNR_DB_SCALE / 10.0)
    floor = 10.0 ** (layout.view(rows["local"], "interference_mean").astype(float).reshape(200, 8) * SNR_DB_SCALE / 10.0)
    for row in range(200):
        sums = np.array([[pair_sum(snr[row], floor[row], a, b) for b in range(8)] for a in range(8)])
        assert sums[tuple(chosen[row])] == pytest.approx(sums.max(), rel=1e-4)


def test_with_worth_alone_three_vehicles_choose_the_best_triple_of_pairwise_losses() -> None:
    rows = random_rows(SCENARIO, 50, np.random.default_rng(8))
    layout = ObservationLayout.of(SCENARIO)
    layout.view(rows["local"], "is_active")[...] = 1.0
    rows["mask"][...] = True
    rows["noise"][...] = 0.0
    rows["option"][...] = NO_PLAN
    gain = layout.view(rows["local"], "gain")
    gain[...] = np.random.default_rng(9).uniform(0.5, 2.0, gain.shape)
    chosen = score(make_scorer(worth_only=True), rows).choice.numpy()
    snr = 10.0 ** (gain.astype(float).reshape(50, 3, 8) * SNR_DB_SCALE / 10.0)
    floor = 10.0 ** (layout.view(rows["local"], "interference_mean").astype(float).reshape(50, 8) * SNR_DB_SCALE / 10.0)
    for row in range(50):
        sums = np.array([triple_sum(snr[row], floor[row], choice) for choice in np.ndindex(8, 8, 8)]).reshape(8, 8, 8)
        assert sums[tuple(chosen[row])] == pytest.approx(sums.max(), rel=1e-4)


def triple_sum(snr: np.ndarray, floor: np.ndarray, choice: tuple[int, ...]) -> float:
    """Rates alone, less what each pair on a band loses by each other."""
    alone = [rate(snr[vehicle, taken], floor[taken]) for vehicle, taken in enumerate(choice)]
    total = sum(alone)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        pair = pair_sum(snr[[one, other]], floor, choice[one], choice[other])
        total += pair - alone[one] - alone[other]
    return total


def pair_sum(snr: np.ndarray, floor: np.ndarray, one: int, other: int) -> float:
    shares = one % 4 == other % 4
    return rate(snr[0, one], floor[one] + shares * snr[1, one]) + rate(snr[1, other], floor[other] + shares * snr[0, other])


@pytest.mark.parametrize(
    "scenario",
    [
        ScenarioConfig(num_vehicles_per_sbs=1),
        ScenarioConfig(num_vehicles_per_sbs=4, radio=RadioConfig(num_bands=3)),
        ScenarioConfig(radio=RadioConfig(num_bands=1)),
        ScenarioConfig(observation=ObservationConfig(has_gains=False)),
    ],
    ids=["one vehicle", "four vehicles", "one band", "no gains"],
)
def test_other_sizes_give_finite_logits_of_their_shape(scenario: ScenarioConfig) -> None:
    rows = random_rows(scenario, 5, np.random.default_rng(8))
    scores = score(make_scorer(scenario), rows)
    assert scores.logits.shape == rows["mask"].shape
    assert torch.isfinite(scores.logits).all()
