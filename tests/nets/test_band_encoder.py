"""What the features owe to structure: vehicles in any order, sub-bands exchanged, and too few features for the sub-bands."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import ObservationLayout
from hiercoop.errors import ConfigError
from hiercoop.nets.band_encoder import BandEncoder
from hiercoop.nets.band_features import BandFeatures
from tests.observations import random_rows

SCENARIO = ScenarioConfig()
LAYOUT = ObservationLayout.of(SCENARIO)
ROWS, BANDS, OUTLOOK = 6, 4, 5
VEHICLE_NAMES = ("is_active", "payload_left", "needed_rate", "gain", "mean_gain")
seeds = st.integers(0, 10_000)


def encoder(seed: int) -> BandEncoder:
    torch.manual_seed(seed)
    return BandEncoder(local_spec(SCENARIO), OUTLOOK, 8, 16)


def encoded(net: BandEncoder, local: np.ndarray, outlook: np.ndarray, hold: float = 0.2) -> np.ndarray:
    average = outlook**2
    sight = np.concatenate((local, outlook.reshape(ROWS, -1), average.reshape(ROWS, -1)), axis=1).astype(np.float32)
    with torch.no_grad():
        return net(torch.from_numpy(sight), torch.full((ROWS,), hold)).numpy()


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return random_rows(SCENARIO, ROWS, generator)["local"], generator.random((ROWS, BANDS, OUTLOOK))


@given(seeds)
def test_the_order_of_the_vehicles_does_not_matter(seed: int) -> None:
    net, (local, outlook) = encoder(seed), rows(seed)
    order = np.random.default_rng(seed).permutation(3)
    shuffled = local.copy()
    for name in VEHICLE_NAMES:
        LAYOUT.view(shuffled, name)[...] = LAYOUT.view(local, name)[:, order]
    np.testing.assert_allclose(encoded(net, shuffled, outlook), encoded(net, local, outlook), atol=1e-6)


@given(seeds)
def test_exchanged_sub_bands_exchange_their_features_and_leave_the_common_ones(seed: int) -> None:
    net, (local, outlook) = encoder(seed), rows(seed)
    order = np.random.default_rng(seed).permutation(BANDS)
    exchanged = local.copy()
    for name in ("interference", "interference_mean", "gain"):
        LAYOUT.view(exchanged, name)[...] = LAYOUT.view(local, name)[..., order]
    before, after = (encoded(net, *seen) for seen in ((local, outlook), (exchanged, outlook[:, order])))
    by_band = before[:, :12].reshape(ROWS, BANDS, 3)
    np.testing.assert_allclose(after[:, :12].reshape(ROWS, BANDS, 3), by_band[:, order], atol=1e-6)
    np.testing.assert_allclose(after[:, 12:], before[:, 12:], atol=1e-6)
    assert not np.allclose(by_band[:, 0], by_band[:, 1])


@pytest.mark.parametrize("name", [*VEHICLE_NAMES, "interference", "interference_mean", "time_left"])
def test_every_quantity_but_the_last_choice_is_seen(name: str) -> None:
    net, (local, outlook) = encoder(1), rows(1)
    changed = local.copy()
    LAYOUT.view(changed, name)[...] += 0.5
    assert (encoded(net, changed, outlook) != encoded(net, local, outlook)).any(axis=1).all()


def test_how_long_options_hold_is_seen() -> None:
    net, seen = encoder(1), rows(1)
    assert (encoded(net, *seen, hold=0.0) != encoded(net, *seen, hold=1.0)).any(axis=1).all()


def test_features_are_shared_out_evenly_and_the_rest_is_common() -> None:
    parts = BandFeatures(16, 4)
    assert (parts.per_band, parts.common) == (3, 4)
    split = parts.split(torch.arange(16.0).unsqueeze(0))[0]
    assert split.tolist() == [[3.0 * b, 3.0 * b + 1, 3.0 * b + 2, 12, 13, 14, 15] for b in range(4)]


def test_too_few_features_for_the_sub_bands_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"network\.num_features=16 must be at least 17 for 16 sub-bands"):
        BandFeatures(16, 16)
