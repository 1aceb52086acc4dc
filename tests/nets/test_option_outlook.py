"""What an option's outlook says: powers over noise of what the vehicles would do, added up by hand."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ObservationConfig, ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.option_outlook import NEPERS_PER_UNIT, OptionOutlook
from tests.observations import random_rows

OPTIONS, ROWS, BANDS = 8, 16, 4
KINDS = (
    # Which options of the eight are of one kind in the eyes of each sub-band (`band_plans`), in the order of their marks.
    ((0,), (0,), (0,), (0,)),
    ((3, 4, 5), (2, 4, 5), (2, 3, 5), (2, 3, 4)),
    ((7,), (7,), (6,), (6,)),
    ((1,), (1,), (1,), (1,)),
    ((2,), (3,), (4,), (5,)),
    ((6,), (6,), (7,), (7,)),
)


def outlook_of(scenario: ScenarioConfig, local: np.ndarray, choice: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        outlook = OptionOutlook(local_spec(scenario), choice.shape[1])
        answer = outlook(torch.from_numpy(local), choice)
    return answer.reshape(len(local), scenario.radio.num_bands, -1, outlook.num_powers)


def by_hand(scenario: ScenarioConfig, local: np.ndarray, choice: list[int]) -> np.ndarray:
    """One row, one option: served at the own SBS, at the MBS, heard by the MBS, by each neighbour; by sub-band."""
    layout, bands = ObservationLayout.of(scenario), scenario.radio.num_bands
    power = np.zeros((3 + scenario.observation.num_neighbours, bands))
    for vehicle, taken in enumerate(choice):
        if layout.view(local, "is_active")[vehicle] == 0.0:
            continue
        station, band = divmod(taken, bands)
        snr = 10.0 ** (layout.view(local, "gain")[vehicle, :, band].astype(float) * SNR_DB_SCALE / 10.0)
        power[station, band] += snr[station]
        power[2, band] += snr[1]
        above_noise = 10.0 ** (layout.view(local, "mean_gain")[vehicle, 2:].astype(float) * SNR_DB_SCALE / 10.0)
        power[3:, band] += above_noise - 1.0
    return np.array([[math.log1p(value) / NEPERS_PER_UNIT for value in row] for row in power])


@pytest.mark.parametrize(
    "scenario",
    [
        ScenarioConfig(),
        ScenarioConfig(num_vehicles_per_sbs=1),
        ScenarioConfig(radio=RadioConfig(num_bands=1)),
        ScenarioConfig(observation=ObservationConfig(num_neighbours=0)),
    ],
    ids=["default", "one vehicle", "one band", "no neighbours"],
)
def test_powers_are_those_of_the_active_vehicles(scenario: ScenarioConfig) -> None:
    local = random_rows(scenario, ROWS, np.random.default_rng(1))["local"]
    shape = (ROWS, 1, scenario.num_vehicles_per_sbs)
    choice = torch.randint(scenario.num_choices, shape, generator=torch.Generator().manual_seed(2))
    found = outlook_of(scenario, local, choice).numpy()
    for row in range(ROWS):
        np.testing.assert_allclose(found[row, :, 0].T, by_hand(scenario, local[row], choice[row, 0].tolist()), atol=1e-5)


def test_each_sub_band_sees_the_average_over_options_that_are_alike_for_it() -> None:
    scenario = ScenarioConfig()
    local = random_rows(scenario, 1, np.random.default_rng(5))["local"]
    choice = torch.randint(8, (1, OPTIONS, 3), generator=torch.Generator().manual_seed(6))
    found = outlook_of(scenario, local, choice)[0].numpy()
    alone = np.stack([by_hand(scenario, local[0], choice[0, option].tolist()) for option in range(OPTIONS)])
    for band, (kind, members) in product(range(BANDS), enumerate(KINDS)):
        np.testing.assert_allclose(found[band, kind], alone[list(members[band]), :, band].mean(0), atol=1e-5)


def test_a_cell_without_vehicles_expects_silence() -> None:
    scenario = ScenarioConfig()
    local = random_rows(scenario, 1, np.random.default_rng(3))["local"]
    for name in ("is_active", "gain", "mean_gain"):
        ObservationLayout.of(scenario).view(local, name)[...] = 0.0
    assert (outlook_of(scenario, local, torch.zeros(1, OPTIONS, 3, dtype=torch.long)) == 0.0).all()


def test_without_gains_the_outlook_counts_vehicles() -> None:
    scenario = ScenarioConfig(observation=ObservationConfig(has_gains=False))
    local = random_rows(scenario, 1, np.random.default_rng(4))["local"]
    ObservationLayout.of(scenario).view(local, "is_active")[...] = 1.0
    found = outlook_of(scenario, local, torch.tensor([[[0, 0, 5]]]))[0, :, 0].T * NEPERS_PER_UNIT
    counts = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(found.exp() - 1.0, counts)
