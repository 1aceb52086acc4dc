"""Ctrl-C: the first one asks a command to end well, the second one ends it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130
"""As a shell has it: 128 and the number of the signal."""


@contextmanager
def noted_interrupt(answer: str) -> Iterator[Callable[[], bool]]:
    """A function that says whether Ctrl-C was pressed; the first press prints `answer`, the second raises KeyboardInterrupt."""
    was_pressed = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if was_pressed.is_set():
            raise KeyboardInterrupt
        was_pressed.set()
        print(f"hiercoop: {answer}", file=sys.stderr)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield was_pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
