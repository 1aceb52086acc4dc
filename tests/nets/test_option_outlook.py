"""What an option's outlook says: powers over noise of what the vehicles would do, added up by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.radio import RadioConfig
from hiercoop.config.scenario import ObservationConfig, ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.option_outlook import NEPERS_PER_UNIT, OptionOutlook
from tests.observations import random_rows

OPTIONS, ROWS = 3, 16


def outlook_of(scenario: ScenarioConfig, local: np.ndarray, choice: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        answer = OptionOutlook(local_spec(scenario), choice.shape[1])(torch.from_numpy(local), choice)
    return answer.reshape(len(local), choice.shape[1], 3, scenario.radio.num_bands)


def by_hand(scenario: ScenarioConfig, local: np.ndarray, choice: list[int]) -> np.ndarray:
    """One row, one option: served at the own SBS, served at the MBS, heard by the MBS, each by sub-band."""
    layout, bands = ObservationLayout.of(scenario), scenario.radio.num_bands
    power = np.zeros((3, bands))
    for vehicle, taken in enumerate(choice):
        if layout.view(local, "is_active")[vehicle] == 0.0:
            continue
        station, band = divmod(taken, bands)
        snr = 10.0 ** (layout.view(local, "gain")[vehicle, :, band].astype(float) * SNR_DB_SCALE / 10.0)
        power[station, band] += snr[station]
        power[2, band] += snr[1]
    return np.array([[math.log1p(value) / NEPERS_PER_UNIT for value in row] for row in power])


@pytest.mark.parametrize(
    "scenario",
    [ScenarioConfig(), ScenarioConfig(num_vehicles_per_sbs=1), ScenarioConfig(radio=RadioConfig(num_bands=1))],
    ids=["default", "one vehicle", "one band"],
)
def test_powers_are_those_of_the_active_vehicles(scenario: ScenarioConfig) -> None:
    local = random_rows(scenario, ROWS, np.random.default_rng(1))["local"]
    shape = (ROWS, OPTIONS, scenario.num_vehicles_per_sbs)
    choice = torch.randint(scenario.num_choices, shape, generator=torch.Generator().manual_seed(2))
    found = outlook_of(scenario, local, choice).numpy()
    for row, option in np.ndindex(ROWS, OPTIONS):
        np.testing.assert_allclose(found[row, option], by_hand(scenario, local[row], choice[row, option].tolist()), atol=1e-5)


def test_a_cell_without_vehicles_expects_silence() -> None:
    scenario = ScenarioConfig()
    local = random_rows(scenario, 1, np.random.default_rng(3))["local"]
    for name in ("is_active", "gain"):
        ObservationLayout.of(scenario).view(local, name)[...] = 0.0
    assert (outlook_of(scenario, local, torch.zeros(1, OPTIONS, 3, dtype=torch.long)) == 0.0).all()


def test_without_gains_the_outlook_counts_vehicles() -> None:
    scenario = ScenarioConfig(observation=ObservationConfig(has_gains=False))
    local = random_rows(scenario, 1, np.random.default_rng(4))["local"]
    ObservationLayout.of(scenario).view(local, "is_active")[...] = 1.0
    found = outlook_of(scenario, local, torch.tensor([[[0, 0, 5]]]))[0, 0] * NEPERS_PER_UNIT
    counts = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(found.exp() - 1.0, counts)
