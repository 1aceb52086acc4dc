"""Beam gains and SINR against scalar re-implementations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.radio.downlink.beam_gains import link_response, own_beam_gain, own_mean_beam_gain
from hiercoop.radio.downlink.sinr import downlink_sinr, link_gain

NUM_ENVS, NUM_CELLS, PER_CELL, NUM_PATHS, NUM_BEAMS = 2, 3, 2, 4, 5
NUM_USERS = NUM_CELLS * PER_CELL


def normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return (generator.standard_normal(shape) + 1j * generator.standard_normal(shape)).astype(np.complex64)


def channel(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    path_gain = normal(generator, NUM_ENVS, NUM_USERS, NUM_CELLS, NUM_PATHS)
    response = normal(generator, NUM_ENVS, NUM_USERS, NUM_CELLS, NUM_PATHS, NUM_BEAMS)
    large_scale = generator.uniform(1e-12, 1e-9, (NUM_ENVS, NUM_USERS, NUM_CELLS)).astype(np.float32)
    return path_gain, response, large_scale


def scalar_gain(path_gain: np.ndarray, response: np.ndarray, large_scale: float) -> float:
    amplitude = 0j
    for path in range(NUM_PATHS):
        amplitude += complex(path_gain[path]) * complex(response[path])
    return float(large_scale) * abs(amplitude) ** 2


def test_link_gain_is_that_of_a_scalar_re_implementation() -> None:
    path_gain, response, large_scale = channel(1)
    beam = np.random.default_rng(2).integers(NUM_BEAMS, size=(NUM_ENVS, NUM_CELLS, PER_CELL))
    found = link_gain(path_gain, link_response(response, beam), large_scale)
    for env, user, link in np.ndindex(NUM_ENVS, NUM_USERS, NUM_USERS):
        cell = link // PER_CELL
        chosen = response[env, user, cell, :, beam[env, cell, link % PER_CELL]]
        wanted = scalar_gain(path_gain[env, user, cell], chosen, large_scale[env, user, cell])
        assert found[env, user, link] == pytest.approx(wanted, rel=1e-4)


def test_swept_and_mean_beam_gains_are_those_of_a_scalar_re_implementation() -> None:
    path_gain, response, large_scale = channel(3)
    swept, mean = own_beam_gain(path_gain, response, large_scale), own_mean_beam_gain(response, large_scale)
    for env, user, beam in np.ndindex(NUM_ENVS, NUM_USERS, NUM_BEAMS):
        cell = user // PER_CELL
        own = response[env, user, cell, :, beam]
        assert swept[env, user, beam] == pytest.approx(
            scalar_gain(path_gain[env, user, cell], own, large_scale[env, user, cell]), rel=1e-4
        )
        power = sum(abs(complex(value)) ** 2 for value in own) / NUM_PATHS
        assert mean[env, user, beam] == pytest.approx(float(large_scale[env, user, cell]) * power, rel=1e-4)


def test_sinr_is_that_of_a_scalar_re_implementation() -> None:
    generator = np.random.default_rng(4)
    gain = generator.uniform(1e-13, 1e-9, (NUM_ENVS, NUM_USERS, NUM_USERS)).astype(np.float32)
    power_w = generator.choice([0.0, 1.0, 6.3], (NUM_ENVS, NUM_USERS))
    noise_w = 10.0 ** (-14.4)
    found = downlink_sinr(gain, power_w, noise_w)
    for env, user in np.ndindex(NUM_ENVS, NUM_USERS):
        others_w = sum(float(gain[env, user, link]) * power_w[env, link] for link in range(NUM_USERS) if link != user)
        wanted = float(gain[env, user, user]) * power_w[env, user] / (noise_w + others_w)
        assert found[env, user] == pytest.approx(wanted, rel=1e-5)


def test_a_strong_own_link_does_not_drown_weak_interference() -> None:
    gain = np.array([[[1.0, 1e-9], [1e-9, 1.0]]], np.float32)
    sinr = downlink_sinr(gain, np.ones((1, 2)), 1e-30)
    np.testing.assert_allclose(sinr, 1e9, rtol=1e-5)


@given(st.floats(0.0, 6.0), st.floats(0.01, 6.0))
def test_sinr_falls_when_another_link_sends_more(own_w: float, more_w: float) -> None:
    gain = np.array([[[1e-10, 1e-11], [1e-11, 1e-10]]], np.float32)
    quiet = downlink_sinr(gain, np.array([[1.0, own_w]]), 1e-14)
    loud = downlink_sinr(gain, np.array([[1.0, own_w + more_w]]), 1e-14)
    assert loud[0, 0] < quiet[0, 0]
    assert loud[0, 1] > quiet[0, 1]
    assert math.isfinite(float(loud[0, 1]))
