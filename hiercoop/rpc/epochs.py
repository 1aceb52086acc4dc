"""Numbers that rise each time a process starts, so that what an earlier life sent is recognised as old."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hiercoop.errors import InputFileError


def next_epoch(state_dir: Path | None, name: str) -> int:
    """An epoch above every earlier one: counted in a file of `state_dir`, or the clock in seconds where there is none.

    A count is one byte in every message, the clock five. Raises InputFileError where the file cannot be read or replaced.
    """
    if state_dir is None:
        return int(time.time())
    file = state_dir / f"{name}.epoch"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        epoch = 1 + (int(file.read_text("ascii")) if file.exists() else 0)
        staging = file.with_suffix(f".{os.getpid()}")
        staging.write_text(str(epoch), "ascii")
        staging.replace(file)
    except (OSError, ValueError) as error:
        raise InputFileError(
            f"epoch file {file} cannot be used: {error}; remove it or choose another state directory"
        ) from error
    return epoch
