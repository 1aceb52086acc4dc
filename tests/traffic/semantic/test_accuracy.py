"""Semantic accuracy: the shipped fit beside the published table, a table of one's own, and tables that are none."""

import csv
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hiercoop.config.semantic import SemanticsConfig
from hiercoop.errors import InputFileError
from hiercoop.traffic.semantic.accuracy import make_accuracy
from hiercoop.traffic.semantic.accuracy_table import load_accuracy_table
from hiercoop.traffic.semantic.logistic_accuracy import PARAMETERS, shipped_accuracy

ROOT = Path(__file__).resolve().parents[3]
PUBLISHED = ROOT.parent / "shared" / "data" / "deepsc_similarity.csv"


@pytest.fixture(scope="module")
def published() -> np.ndarray:
    """The published table, read by the csv module: row k - 1, column SNR + 10 dB."""
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED} is not here")
    with PUBLISHED.open(newline="") as file:
        return np.array([[float(value) for value in row] for row in csv.reader(file)])


def write_table(path: Path, table: np.ndarray) -> Path:
    np.savetxt(path, table, delimiter=",")
    return path


def rising_table() -> np.ndarray:
    return np.linspace(0.3, 0.9, 31) + 0.004 * np.arange(1, 21)[:, None]


def test_the_fit_is_a_generalised_logistic() -> None:
    model = shipped_accuracy()
    for k, snr_db in ((1, -3.0), (9, 2.5), (20, 11.0)):
        p = dict(zip(PARAMETERS, model.parameters[:, k - 1], strict=True))
        fallen = 1.0 + math.exp(-p["steepness_per_db"] * (snr_db - p["midpoint_db"]))
        wanted = p["floor"] + (p["ceiling"] - p["floor"]) / fallen ** p["asymmetry"]
        assert model.accuracy(np.array([k]), np.array([snr_db])) == pytest.approx(wanted, abs=1e-5)


def test_the_fit_is_as_close_to_the_published_table_as_is_stated(published: np.ndarray) -> None:
    symbols, column = np.indices(published.shape)
    error = shipped_accuracy().accuracy(symbols + 1, column - 10.0) - published
    assert np.sqrt(np.mean(error**2)) < 0.0035
    assert np.abs(error).max() < 0.022


def test_the_fit_rises_with_snr_within_0_and_1() -> None:
    symbols, snr_db = np.meshgrid(np.arange(1, 21), np.linspace(-40.0, 60.0, 1001), indexing="ij")
    value = shipped_accuracy().accuracy(symbols, snr_db)
    assert (np.diff(value, axis=1) >= -1e-6).all()
    assert value.min() >= 0.0
    assert value.max() <= 1.0


def test_beyond_what_was_measured_the_accuracy_at_the_edge_holds() -> None:
    model = shipped_accuracy()
    k = np.array([1, 7, 20])
    np.testing.assert_array_equal(model.accuracy(k, np.full(3, 60.0)), model.accuracy(k, np.full(3, 20.0)))
    np.testing.assert_array_equal(model.accuracy(k, np.full(3, -40.0)), model.accuracy(k, np.full(3, -10.0)))


def test_one_symbol_a_word_reads_the_first_row_and_twenty_the_last(published: np.ndarray, tmp_path: Path) -> None:
    own = load_accuracy_table(write_table(tmp_path / "table.csv", published), -10.0, 20.0)
    for model, tolerance in ((own, 1e-6), (shipped_accuracy(), 0.022)):
        for k in (1, 20):
            for column in (0, 17, 30):
                found = model.accuracy(np.array([k]), np.array([column - 10.0]))
                assert found == pytest.approx(published[k - 1, column], abs=tolerance)


def test_a_sinr_in_decibels_is_read_as_decibels(published: np.ndarray) -> None:
    found = shipped_accuracy().accuracy(np.array([5]), np.array([10.0]))
    assert found == pytest.approx(published[4, 20], abs=0.022)
    assert abs(found - published[4, 11]) > 0.4


def test_a_table_of_ones_own_is_linear_between_its_columns(tmp_path: Path) -> None:
    table = rising_table()
    config = SemanticsConfig(accuracy_table=str(write_table(tmp_path / "table.csv", table)))
    model = make_accuracy(config)
    assert model.accuracy(np.array([3]), np.array([4.25])) == pytest.approx(0.75 * table[2, 14] + 0.25 * table[2, 15], abs=1e-6)
    assert model.accuracy(np.array([3]), np.array([33.0])) == pytest.approx(table[2, 30], abs=1e-6)
    assert model.accuracy(np.array([3]), np.array([-33.0])) == pytest.approx(table[2, 0], abs=1e-6)


def test_a_table_may_cover_other_snrs(tmp_path: Path) -> None:
    path = write_table(tmp_path / "table.csv", rising_table()[:, :11])
    model = make_accuracy(SemanticsConfig(accuracy_table=str(path), table_snr_db=(0.0, 10.0)))
    assert model.accuracy(np.array([1]), np.array([10.0])) == pytest.approx(rising_table()[0, 10], abs=1e-6)


def test_a_table_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    path = write_table(tmp_path / "table.csv", rising_table()[1:])
    with pytest.raises(InputFileError, match="is 19 rows x 31 columns, wanted are 20 x 31"):
        load_accuracy_table(path, -10.0, 20.0)


@pytest.mark.parametrize("value", [1.2, -0.1, math.nan])
def test_a_table_with_values_outside_0_and_1_is_refused(tmp_path: Path, value: float) -> None:
    table = rising_table()
    table[6, 3] = value
    with pytest.raises(InputFileError, match=r"at k=7, -7 dB must be in \[0, 1\]"):
        load_accuracy_table(write_table(tmp_path / "table.csv", table), -10.0, 20.0)


def test_a_table_that_falls_with_snr_is_refused(tmp_path: Path) -> None:
    table = rising_table()
    table[11] = table[11, ::-1]
    with pytest.raises(InputFileError, match=r"row of k=12 changes by -0.02 per dB on average, it must rise"):
        load_accuracy_table(write_table(tmp_path / "table.csv", table), -10.0, 20.0)


@pytest.mark.parametrize("text", ["a,b\n", "1,2\n3\n", ""])
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputFileError, match="cannot be read"):
        load_accuracy_table(path, -10.0, 20.0)


@pytest.mark.processes
def test_the_committed_script_makes_the_shipped_parameters(published: np.ndarray) -> None:
    shipped = ROOT / "hiercoop" / "traffic" / "semantic" / "accuracy_fit.toml"
    script = [sys.executable, str(ROOT / "deploy" / "fit_semantic_accuracy.py"), str(PUBLISHED), "--stdout"]
    told = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True)
    numbers = [[float(v) for v in line.split("[")[1].rstrip("]\n").split(",")] for line in told.stdout.splitlines()[1:]]
    symbols, column = np.indices(published.shape)
    again = type(shipped_accuracy())(np.array(numbers)).accuracy(symbols + 1, column - 10.0)
    np.testing.assert_allclose(again, shipped_accuracy().accuracy(symbols + 1, column - 10.0), atol=1e-3)
    assert shipped.read_text("utf-8").splitlines()[0] == told.stdout.splitlines()[0]
