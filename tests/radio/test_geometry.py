"""Distances between sites and neighbour lists, against sites of which both are plain."""

from __future__ import annotations

import numpy as np

from hiercoop.radio.geometry import neighbour_places, site_distances_m

SITES_M = np.array([[433.0, 250.0], [866.0, 250.0], [433.0, 500.0], [866.0, 500.0]])


def test_distances_are_along_the_ground() -> None:
    distance_m = site_distances_m(SITES_M)
    np.testing.assert_allclose(distance_m[0], [0.0, 433.0, 250.0, 500.0], atol=0.05)
    np.testing.assert_array_equal(distance_m, distance_m.T)


def test_the_nearest_site_comes_first_and_the_site_itself_last() -> None:
    assert neighbour_places(site_distances_m(SITES_M)).tolist() == [[3, 1, 0, 2], [1, 3, 2, 0], [0, 2, 3, 1], [2, 0, 1, 3]]


def test_of_equally_near_sites_the_first_comes_first_whatever_rounding_says() -> None:
    sites_m = np.array([[0.0, 0.0], [0.0, 100.001], [100.0, 0.0], [-99.999, 0.0]])
    assert neighbour_places(site_distances_m(sites_m))[0].tolist() == [3, 0, 1, 2]


def test_a_site_alone_has_no_neighbours() -> None:
    assert neighbour_places(site_distances_m(SITES_M[:1])).tolist() == [[0]]
