"""A baseline tells when the edge has become dearer, and what cannot be compared is said."""

import json
from pathlib import Path

import pytest

from hiercoop.cli.bench_load import CHECKED, WORST_RATIO, check_baseline
from hiercoop.errors import CheckError, InputFileError, outcome_of


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({CHECKED: 3.0}))
    return path


def test_processor_time_within_ten_per_cent_of_the_baseline_passes(baseline: Path):
    check_baseline({CHECKED: 3.0 * WORST_RATIO - 0.01}, baseline)


def test_processor_time_ten_per_cent_above_the_baseline_fails_with_exit_code_5(baseline: Path):
    with pytest.raises(CheckError, match=r"takes 3\.31 times the echo's") as caught:
        check_baseline({CHECKED: 3.31}, baseline)
    assert outcome_of(caught.value).exit_code == 5


def test_a_ratio_that_could_not_be_measured_fails(baseline: Path):
    with pytest.raises(CheckError):
        check_baseline({CHECKED: None}, baseline)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"server_cpu_per_message": "dear"}'])
def test_a_baseline_that_holds_no_ratio_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(InputFileError, match="bench load --save"):
        check_baseline({CHECKED: 3.0}, path)
    with pytest.raises(InputFileError):
        check_baseline({CHECKED: 3.0}, tmp_path / "absent.json")
