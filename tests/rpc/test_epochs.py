"""Epochs rise from life to life, and pauses between attempts stay within their bounds."""

from pathlib import Path

import pytest

from hiercoop.errors import InputFileError
from hiercoop.rpc.client import Backoff
from hiercoop.rpc.epochs import next_epoch


def test_epochs_count_up_in_their_file(tmp_path: Path) -> None:
    assert [next_epoch(tmp_path / "new", "run") for _ in range(3)] == [1, 2, 3]
    assert next_epoch(tmp_path / "new", "edge") == 1


def test_epochs_without_a_file_follow_the_clock() -> None:
    assert next_epoch(None, "run") > 1_700_000_000


def test_a_damaged_epoch_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.epoch").write_text("seven")
    with pytest.raises(InputFileError, match=r"run\.epoch"):
        next_epoch(tmp_path, "run")


def test_pauses_grow_to_their_longest_and_start_again_after_success() -> None:
    backoff = Backoff(0.05, 0.1)
    pauses = [backoff.next_s() for _ in range(20)]
    assert all(0.025 <= pause <= 0.05 for pause in pauses[:1])
    assert all(0.05 <= pause <= 0.1 for pause in pauses[1:])
    backoff.reset()
    assert backoff.next_s() <= 0.05
