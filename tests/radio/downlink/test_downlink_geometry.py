"""Sites, path loss, array and codebook of the downlink."""

import cmath
import math
from pathlib import Path

import numpy as np
import pytest

from hiercoop.config.semantic import DownlinkRadioConfig
from hiercoop.errors import InputFileError
from hiercoop.radio.downlink.antenna_array import beam_response
from hiercoop.radio.downlink.codebook import dft_codebook, load_codebook, make_codebook
from hiercoop.radio.downlink.hexagonal_sites import hexagonal_sites_m
from hiercoop.radio.downlink.path_loss import downlink_path_loss_db


@pytest.mark.parametrize(("num_cells", "distances"), [(3, [0, 1, 1]), (7, [0] + [1] * 6)])
def test_the_first_cells_are_a_centre_and_its_neighbours(num_cells: int, distances: list[int]) -> None:
    sites_m = hexagonal_sites_m(num_cells, 400.0)
    np.testing.assert_allclose(np.hypot(*sites_m.T), np.array(distances) * 400.0, atol=1e-9)


def test_every_cell_of_three_neighbours_every_other() -> None:
    sites_m = hexagonal_sites_m(3, 400.0)
    assert math.dist(sites_m[1], sites_m[2]) == pytest.approx(400.0)


@pytest.mark.parametrize(("num_cells", "num_inner"), [(19, 7), (37, 19)])
def test_whole_rings_surround_every_inner_cell_with_six(num_cells: int, num_inner: int) -> None:
    sites_m = hexagonal_sites_m(num_cells, 400.0)
    distance_m = np.hypot(*(sites_m[:, None] - sites_m[None]).T)
    is_neighbour = np.isclose(distance_m, 400.0)
    assert (is_neighbour[:num_inner].sum(axis=1) == 6).all()
    assert distance_m[~np.eye(num_cells, dtype=bool)].min() == pytest.approx(400.0)


@pytest.mark.parametrize(("distance_m", "loss_db"), [(1000.0, 120.9), (100.0, 83.3), (200.0, 94.6183), (10.0, 45.7)])
def test_path_loss_is_the_published_one(distance_m: float, loss_db: float) -> None:
    assert downlink_path_loss_db(np.array([distance_m])) == pytest.approx(loss_db, abs=1e-3)


def test_path_loss_below_three_metres_is_that_at_three() -> None:
    assert downlink_path_loss_db(np.array([0.0])) == downlink_path_loss_db(np.array([3.0]))


def test_dft_beams_have_unit_norm_and_are_orthogonal() -> None:
    codebook = dft_codebook(8, 8)
    np.testing.assert_allclose(codebook @ codebook.conj().T, np.eye(8), atol=1e-6)


def test_more_beams_than_antennas_still_have_unit_norm() -> None:
    np.testing.assert_allclose(np.linalg.norm(dft_codebook(16, 4), axis=1), 1.0, rtol=1e-6)


def test_beam_response_is_that_of_a_scalar_re_implementation() -> None:
    azimuth_rad = np.random.default_rng(1).uniform(-math.pi, math.pi, (3, 2)).astype(np.float32)
    found = beam_response(azimuth_rad, dft_codebook(8, 8))
    for beam, i, j in np.ndindex(8, 3, 2):
        wanted = 0j
        for n in range(8):
            weight = cmath.exp(-2j * math.pi * beam * n / 8) / math.sqrt(8)
            wanted += cmath.exp(1j * math.pi * n * math.cos(float(azimuth_rad[i, j]))) * weight
        assert abs(found[beam, i, j] - wanted) < 1e-5


@pytest.mark.parametrize("beam", range(8))
def test_each_beam_gains_the_number_of_antennas_where_it_points_and_nothing_where_others_do(beam: int) -> None:
    cosine = np.array([2.0 * other / 8 if other <= 4 else 2.0 * other / 8 - 2.0 for other in range(8)])
    power = np.abs(beam_response(np.arccos(cosine).astype(np.float32), dft_codebook(8, 8))[beam]) ** 2
    np.testing.assert_allclose(power, 8.0 * (np.arange(8) == beam), atol=1e-4)


def write_codebook(path: Path, codebook: np.ndarray) -> Path:
    path.write_text("\n".join(",".join(f"{w.real:.6f}{w.imag:+.6f}j" for w in row) for row in codebook), "utf-8")
    return path


def test_a_codebook_from_a_file_is_used(tmp_path: Path) -> None:
    path = write_codebook(tmp_path / "beams.csv", dft_codebook(4, 8))
    radio = DownlinkRadioConfig(codebook=str(path), num_beams=4)
    np.testing.assert_allclose(make_codebook(radio), dft_codebook(4, 8), atol=2e-6)


def test_a_codebook_that_is_not_of_unit_norm_is_refused(tmp_path: Path) -> None:
    codebook = dft_codebook(8, 8)
    codebook[5] *= 1.5
    with pytest.raises(InputFileError, match=r"beam 5 has norm 1.5, every beam's must be 1"):
        load_codebook(write_codebook(tmp_path / "beams.csv", codebook), 8, 8)


@pytest.mark.parametrize("weight", ["nan", "inf"])
def test_a_codebook_with_weights_that_are_no_numbers_is_refused(tmp_path: Path, weight: str) -> None:
    path = tmp_path / "beams.csv"
    path.write_text(f"{weight},1\n1,0\n", "utf-8")
    with pytest.raises(InputFileError, match="a weight that is not finite"):
        load_codebook(path, 2, 2)


def test_a_codebook_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    path = write_codebook(tmp_path / "beams.csv", dft_codebook(8, 4))
    with pytest.raises(InputFileError, match="8 beams x 4 antennas, the scenario has 8 x 8"):
        load_codebook(path, 8, 8)


@pytest.mark.parametrize("text", ["some words", "1,2\n3\n", ""])
def test_a_codebook_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "beams.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputFileError, match="cannot be read"):
        load_codebook(path, 2, 2)
    with pytest.raises(InputFileError, match="cannot be read"):
        load_codebook(tmp_path / "missing.csv", 2, 2)
