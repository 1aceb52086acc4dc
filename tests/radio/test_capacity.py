"""Shannon capacity."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.radio.capacity import shannon_capacity_bps


def test_capacity_of_known_sinrs() -> None:
    sinr = np.array([[0.0, 1.0, 3.0, 1023.0]])
    np.testing.assert_allclose(shannon_capacity_bps(sinr, 1e6), [[0.0, 1e6, 2e6, 10e6]], rtol=1e-12)


def test_capacity_far_below_the_noise_is_linear_in_the_sinr() -> None:
    capacity_bps = shannon_capacity_bps(np.array([1e-9], dtype=np.float32), 1e6)
    assert capacity_bps[0] == pytest.approx(1e6 * 1e-9 / np.log(2.0), rel=1e-5)


def test_capacity_is_capped_by_the_largest_spectral_efficiency() -> None:
    capacity_bps = shannon_capacity_bps(np.array([1.0, 1e6]), 1e6, 7.4)
    np.testing.assert_allclose(capacity_bps, [1e6, 7.4e6])
