"""Sites from traffic."""

from __future__ import annotations

import numpy as np
import pytest

from hiercoop.errors import ConfigError
from hiercoop.mobility.sites import k_means


def test_k_means_finds_separate_clusters_in_order_of_x() -> None:
    generator = np.random.default_rng(1)
    centres = np.array([[0.0, 0.0], [100.0, 50.0], [300.0, 0.0]])
    points = np.concatenate([centre + generator.normal(0.0, 2.0, (200, 2)) for centre in centres[::-1]])
    np.testing.assert_allclose(k_means(points, 3), centres, atol=0.6)


def test_k_means_settles_where_each_centre_is_the_mean_of_its_points() -> None:
    points = np.random.default_rng(2).random((500, 2)) * [1800.0, 1300.0]
    centres = k_means(points, 12)
    nearest = np.argmin(np.linalg.norm(points[:, None] - centres, axis=2), axis=1)
    for cluster in range(12):
        np.testing.assert_allclose(points[nearest == cluster].mean(axis=0), centres[cluster])


def test_the_same_points_always_give_the_same_sites() -> None:
    points = np.random.default_rng(3).random((300, 2))
    np.testing.assert_array_equal(k_means(points, 5), k_means(points, 5))


def test_more_sites_than_places_are_refused() -> None:
    with pytest.raises(ConfigError, match="num_sbs=3 exceeds the 2 places"):
        k_means(np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), 3)
