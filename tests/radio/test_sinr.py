"""SINR and interference against loops over links, and what must hold whatever the gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.errors import ConfigError
from hiercoop.radio.sinr import band_power_w, foreign_interference_w, interference_w, received_sinr, uplink_sinr

TX_W, NOISE_W = 0.2, 4e-15


@dataclass(frozen=True)
class Slot:
    """One random slot of K cells with V links each."""

    gain: np.ndarray
    cell: np.ndarray
    band: np.ndarray
    active: np.ndarray

    @classmethod
    def draw(cls, seed: int, num_envs: int = 4, num_sbs: int = 3, num_vehicles: int = 3, num_bands: int = 4) -> Slot:
        generator = np.random.default_rng(seed)
        links = (num_envs, num_sbs * num_vehicles)
        own = np.repeat(np.arange(num_sbs), num_vehicles)
        gain = 10.0 ** generator.uniform(-14.0, -6.0, (*links, num_sbs + 1, num_bands))
        return cls(
            gain=gain.astype(np.float32),
            cell=np.where(generator.random(links) < 0.5, own, num_sbs),
            band=generator.integers(0, num_bands, links),
            active=generator.random(links) < 0.8,
        )

    @property
    def allocation(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.cell, self.band, self.active


def looped_interference_w(slot: Slot, env: int, link: int) -> float:
    cell, band = slot.cell[env, link], slot.band[env, link]
    heard = 0.0
    for other in range(slot.gain.shape[1]):
        if other != link and slot.active[env, other] and slot.band[env, other] == band:
            heard += TX_W * float(slot.gain[env, other, cell, band])
    return heard


def looped_sinr(slot: Slot, env: int, link: int) -> float:
    if not slot.active[env, link]:
        return 0.0
    wanted_w = TX_W * float(slot.gain[env, link, slot.cell[env, link], slot.band[env, link]])
    return wanted_w / (looped_interference_w(slot, env, link) + NOISE_W)


def looped_foreign_w(slot: Slot, env: int, sbs: int, cell: int, band: int) -> float:
    num_sbs = slot.gain.shape[2] - 1
    num_vehicles = slot.gain.shape[1] // num_sbs
    senders = [link for link in range(slot.gain.shape[1]) if link // num_vehicles != sbs]
    return sum(
        TX_W * float(slot.gain[env, link, cell, band])
        for link in senders
        if slot.active[env, link] and slot.band[env, link] == band
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4), st.integers(1, 5))
def test_sinr_and_interference_equal_loops_over_links(seed: int, num_sbs: int, num_vehicles: int, num_bands: int) -> None:
    slot = Slot.draw(seed, 2, num_sbs, num_vehicles, num_bands)
    sinr = uplink_sinr(slot.gain, *slot.allocation, TX_W, NOISE_W)
    heard_w = interference_w(slot.gain, *slot.allocation, TX_W)
    for env, link in np.ndindex(sinr.shape):
        assert sinr[env, link] == pytest.approx(looped_sinr(slot, env, link), rel=1e-5)
        assert heard_w[env, link] == pytest.approx(looped_interference_w(slot, env, link), rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_foreign_interference_equals_loops_over_other_cells_links(seed: int, num_sbs: int, num_vehicles: int) -> None:
    slot = Slot.draw(seed, 2, num_sbs, num_vehicles)
    foreign_w = foreign_interference_w(band_power_w(slot.gain, slot.band, slot.active, TX_W))
    assert foreign_w.shape == (2, num_sbs, 2, 4)
    for env, sbs, station, band in np.ndindex(foreign_w.shape):
        cell = sbs if station == 0 else num_sbs
        assert foreign_w[env, sbs, station, band] == pytest.approx(looped_foreign_w(slot, env, sbs, cell, band), rel=1e-5)


def test_sinr_falls_when_a_neighbour_reuses_the_band() -> None:
    slot = Slot.draw(1, num_envs=50)
    band = np.tile(np.arange(9) % 4, (50, 1))
    alone = band.copy()
    alone[:, 8] = 1  # link 8 leaves band 0 to links 0 and 4
    active = np.ones_like(slot.active)
    shared_sinr = uplink_sinr(slot.gain, slot.cell, band, active, TX_W, NOISE_W)
    alone_sinr = uplink_sinr(slot.gain, slot.cell, alone, active, TX_W, NOISE_W)
    assert (shared_sinr[:, [0, 4]] < alone_sinr[:, [0, 4]]).all()


def test_weak_interference_survives_beside_a_wanted_power_a_billion_times_stronger() -> None:
    gain = np.zeros((1, 2, 2, 1), dtype=np.float32)
    gain[0, 0, 0, 0], gain[0, 1, 0, 0] = 1.0, 1e-12
    together = np.zeros((1, 2), dtype=np.int64)
    heard_w = interference_w(gain, together, together, np.ones((1, 2), dtype=np.bool_), 1.0)
    assert heard_w[0, 0] == pytest.approx(1e-12)


def test_two_vehicles_of_one_cell_on_one_band_interfere() -> None:
    gain = np.full((1, 2, 2, 1), 1e-9, dtype=np.float32)
    together = np.zeros((1, 2), dtype=np.int64)
    sinr = uplink_sinr(gain, together, together, np.ones((1, 2), dtype=np.bool_), TX_W, NOISE_W)
    np.testing.assert_allclose(sinr, 1.0, rtol=1e-4)


@pytest.mark.parametrize(("name", "wrong"), [("cell", 4), ("cell", -1), ("band", 4), ("band", -1)])
def test_cells_and_bands_out_of_range_are_refused(name: str, wrong: int) -> None:
    slot = Slot.draw(6)
    getattr(slot, name)[0, 0] = wrong
    with pytest.raises(ConfigError, match=rf"{name} runs from .* give indices in 0\.\.3"):
        uplink_sinr(slot.gain, *slot.allocation, TX_W, NOISE_W)


def test_silent_links_have_no_sinr_but_meet_interference() -> None:
    slot = Slot.draw(2)
    silent = ~slot.active
    assert silent.any()
    assert (uplink_sinr(slot.gain, *slot.allocation, TX_W, NOISE_W)[silent] == 0.0).all()
    alone = np.zeros_like(slot.active)
    alone[:, 0] = True
    same_band = np.zeros_like(slot.band)
    assert (interference_w(slot.gain, slot.cell, same_band, alone, TX_W)[:, 1:] > 0.0).all()


def test_the_wanted_signal_is_received_at_the_chosen_cell_only() -> None:
    slot = Slot.draw(3)
    everywhere = np.where(slot.cell[..., None, None] == np.arange(4)[:, None], slot.gain, np.float32(0.0))
    first_only = np.zeros_like(slot.active)
    first_only[:, 0] = True
    whole = uplink_sinr(slot.gain, slot.cell, slot.band, first_only, TX_W, NOISE_W)
    reduced = uplink_sinr(everywhere, slot.cell, slot.band, first_only, TX_W, NOISE_W)
    np.testing.assert_array_equal(whole, reduced)
    assert (whole[:, 0] > 0.0).all()


def test_results_do_not_depend_on_the_order_of_the_gains_in_memory() -> None:
    slot = Slot.draw(4, num_envs=6)
    env_last = np.ascontiguousarray(slot.gain.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    powers = [band_power_w(gain, slot.band, slot.active, TX_W) for gain in (slot.gain, env_last)]
    np.testing.assert_array_equal(powers[0], powers[1])
    sinrs = [received_sinr(power, slot.cell, slot.band, NOISE_W) for power in (np.ascontiguousarray(powers[0]), powers[1])]
    np.testing.assert_array_equal(sinrs[0], sinrs[1])


def test_each_environment_of_a_batch_is_scored_as_if_it_were_alone() -> None:
    slot = Slot.draw(5, num_envs=64)
    batch = uplink_sinr(slot.gain, *slot.allocation, TX_W, NOISE_W)
    for env in range(64):
        one = slice(env, env + 1)
        alone = uplink_sinr(slot.gain[one], slot.cell[one], slot.band[one], slot.active[one], TX_W, NOISE_W)
        np.testing.assert_allclose(alone[0], batch[env], rtol=1e-5)
