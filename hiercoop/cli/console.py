"""What a person or a program reads from a command: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


def write_result(result: Mapping[str, object], as_json: bool) -> None:
    """Prints one JSON object, or one `key value` line a leaf."""
    if as_json:
        print(json.dumps(result, allow_nan=False))
        return
    lines = list(_leaves(result))
    width = max((len(key) for key, _ in lines), default=0)
    for key, value in lines:
        print(f"{key:<{width}}  {value}")


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A function that moves a bar to so many steps done; it draws nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)


def _leaves(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, float):
            yield prefix + key, f"{value:.6g}"
        else:
            yield prefix + key, str(value)
