"""The stack as `make run` starts it, as a process of its own, for measurements."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
STOP_S = 10.0


@dataclass(frozen=True)
class WholeStack:
    """A running stack: where its page is, and its processes."""

    url: str
    supervisor: psutil.Process

    def process(self, module: str) -> psutil.Process:
        """The process that runs this module."""
        return next(child for child in self.supervisor.children() if child.cmdline()[-1] == module)

    def read(self, noun: str) -> dict[str, object]:
        """A reading of the API."""
        answer = httpx.get(f"{self.url}api/v1/{noun}", timeout=PATIENCE_S).raise_for_status()
        return dict(answer.json())

    def until_slot(self, slot: int) -> None:
        """Waits until the page's server has heard of this slot."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            try:
                told = self.read("status")
            except httpx.TransportError:
                told = {}
            if isinstance(told.get("slot"), int) and int(str(told["slot"])) >= slot:
                return
            time.sleep(0.05)
        raise TimeoutError(
            f"slot {slot} was not reached within {PATIENCE_S:.0f} s; run python -m services by itself to see why"
        )


@contextmanager
def whole_stack(directory: Path, *options: str) -> Iterator[WholeStack]:
    """A stack with these options of `python -m services`, on free ports; it is ended on leaving."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ports = ["--sim-port", "0", "--edge-port", "0", "--http-port", str(port)]
    command = [sys.executable, "-m", "services", *ports, "--runs-db", str(directory / "runs.sqlite"), *options]
    with (directory / "stack.log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as started:
        try:
            yield WholeStack(f"http://127.0.0.1:{port}/", psutil.Process(started.pid))
        finally:
            started.send_signal(signal.SIGINT)
            try:
                started.wait(STOP_S)
            except subprocess.TimeoutExpired:
                started.kill()
