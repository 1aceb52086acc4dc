"""Results as a program or a person reads them."""

import json
import sys

import pytest

from hiercoop.cli.console import progress_bar, write_result


def test_json_is_one_object_on_one_line(capsys: pytest.CaptureFixture[str]):
    write_result({"rate": {"mean": 1.5}, "name": "x"}, as_json=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"rate": {"mean": 1.5}, "name": "x"}


def test_a_value_that_json_lacks_is_refused_instead_of_written():
    with pytest.raises(ValueError, match="JSON"):
        write_result({"rate": float("nan")}, as_json=True)


def test_people_read_one_leaf_a_line(capsys: pytest.CaptureFixture[str]):
    write_result({"rate": {"mean": 1234567.891, "ci95": [1, 2]}, "name": "x"}, as_json=False)
    assert capsys.readouterr().out.splitlines() == ["rate.mean  1.23457e+06", "rate.ci95  [1, 2]", "name       x"]


def test_no_progress_is_drawn_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]):
    assert not sys.stderr.isatty()
    with progress_bar("work", 2) as moved_to:
        moved_to(1)
        moved_to(2)
    assert capsys.readouterr() == ("", "")
