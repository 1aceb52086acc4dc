"""The web process as it is started: its beginning, its size, its end, and what it says when it cannot begin."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

pytestmark = pytest.mark.processes

NOWHERE = {"SIM_ADDR": "127.0.0.1:1", "EDGE_ADDR": "127.0.0.1:1"}
MAX_RESIDENT_BYTES = 150e6


@contextmanager
def started(**environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.upper_edge.web"],
        env=os.environ | NOWHERE | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def url_of(process: subprocess.Popen[str]) -> str:
    """Where the process says that it serves."""
    assert process.stderr is not None
    for line in process.stderr:
        if "url='" in line:
            return line.split("url='")[1].split("'")[0]
    raise AssertionError("the process ended without serving")


def test_it_serves_at_any_free_port_is_small_and_ends_at_once_with_a_stream_open() -> None:
    with started(HTTP_PORT="0") as process:
        url = url_of(process)
        assert httpx.get(f"{url}healthz").json() == {"status": "ok"}
        with httpx.stream("GET", f"{url}api/v1/stream") as response:
            assert next(response.iter_lines()).startswith("event: snapshot")
            assert psutil.Process(process.pid).memory_info().rss < MAX_RESIDENT_BYTES
            began_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
            assert time.monotonic() - began_s < 1.2


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(HTTP_PORT=port) as process:
            assert process.wait(10) == 4
            assert process.stderr is not None
            told = process.stderr.read()
    assert told.startswith(f"hiercoop: HTTP_PORT={port} on 127.0.0.1 cannot be had")
    assert told.count("\n") == 1


@pytest.mark.parametrize(("name", "value"), [("HTTP_PORT", "70000"), ("LOG_LEVEL", "loud")])
def test_a_setting_out_of_bounds_is_told_with_its_name_and_value(name: str, value: str) -> None:
    with started(**{name: value}) as process:
        assert process.wait(10) == 3
        assert process.stderr is not None
        told = process.stderr.read()
    assert told.startswith(f"hiercoop: {name}='{value}'")
    assert told.count("\n") == 1
