"""`python -m services`: one command starts everything, and nothing is left when it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hiercoop.execution.bundle import write_bundle
from tests.bundles import random_bundle
from tests.services.stack import PATIENCE_S, ROOT, grid_scenario

pytestmark = pytest.mark.processes

PORTS = ("--sim-port", "0", "--edge-port", "0", "--no-http")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A small bundle on disk."""
    write_bundle(random_bundle(grid_scenario()), tmp_path / "bundle")
    return tmp_path / "bundle"


def start(policy: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services", "--policy", str(policy), *arguments],
        cwd=ROOT,
        env=os.environ | {"POLICY_CACHE": str(policy.parent / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(process: subprocess.Popen[str], number: int) -> list[psutil.Process]:
    """The processes of a stack, once there are so many."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        children = psutil.Process(process.pid).children(recursive=True)
        if len(children) == number and all(len(child.cmdline()) > 2 for child in children):
            return children
        time.sleep(0.05)
    raise AssertionError(f"there never were {number} processes")


@pytest.fixture
def running(policy: Path) -> Iterator[subprocess.Popen[str]]:
    """A stack without an end of its own."""
    process = start(policy, *PORTS, "--json")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_a_run_of_so_many_slots_ends_by_itself_with_one_json_object(policy: Path) -> None:
    process = start(policy, *PORTS, "--slots", "40", "--json")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    summary = json.loads(out)
    assert (summary["slots"], summary["reproducible"], summary["missed"]) == (40, True, 0)
    assert summary["sum_capacity_bps"] > 0
    assert summary["signalling"]["http2_bytes"] > summary["signalling"]["payload_bytes"] > 0


@pytest.mark.parametrize(("number", "pause_s"), [(signal.SIGINT, 4.0), (signal.SIGTERM, 4.0), (signal.SIGTERM, 0.1)])
def test_a_stopped_stack_ends_within_three_seconds_and_leaves_nothing(
    running: subprocess.Popen[str], number: signal.Signals, pause_s: float
) -> None:
    children = children_of(running, 5)
    time.sleep(pause_s)
    began_s = time.monotonic()
    running.send_signal(number)
    _, err = running.communicate(timeout=PATIENCE_S)
    took_s = time.monotonic() - began_s
    assert running.returncode == 0, err
    # Three seconds on an idle machine; every wait in the supervisor is bounded, and together they give this.
    assert took_s < 4.5
    assert not [child for child in children if child.is_running()]


def test_a_killed_supervisor_takes_its_processes_along(running: subprocess.Popen[str]) -> None:
    children = children_of(running, 5)
    running.kill()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_supervisor_killed_while_it_starts_its_processes_takes_them_along(
    running: subprocess.Popen[str], number: int
) -> None:
    supervisor = psutil.Process(running.pid)
    while len(children := supervisor.children()) < number:
        time.sleep(0.0003)
    running.kill()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive


def test_a_killed_agent_is_started_again_and_reported(running: subprocess.Popen[str]) -> None:
    children = children_of(running, 5)
    agent = next(child for child in children if "services.sbs_agent" in child.cmdline())
    agent.kill()
    psutil.wait_procs([agent], timeout=PATIENCE_S)
    again = children_of(running, 5)
    assert agent.pid not in {child.pid for child in again}
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=PATIENCE_S)
    assert "ended with exit code -9; starting it again in 0.1 s" in err


@pytest.mark.parametrize(("option", "index"), [("--sim-port", 1), ("--edge-port", 3)])
def test_a_port_in_use_is_named_with_the_way_out(policy: Path, option: str, index: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = [*PORTS[:index], str(port), *PORTS[index + 1 :]]
        process = start(policy, *ports)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 4
    assert err.startswith(f"hiercoop: port {port} on 127.0.0.1 cannot be had")
    assert f"choose another with {option}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--set", "radio.num_bands=0"), 3, "radio.num_bands=0"),
        (("--set", "radio.wings=2"), 3, "unknown configuration key 'radio.wings'"),
        (("--sbs", "0"), 2, "--sbs=0 must be at least 1"),
        (("--policy", "no-such-policy"), 3, "policy 'no-such-policy' is neither a directory nor a name"),
        (("--mobility", "no-such.fcd.xml"), 3, "no-such.fcd.xml"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    policy: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    process = start(policy, *PORTS, *arguments)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert sentence in err
    assert "Traceback" not in err


def test_each_process_stays_small(running: subprocess.Popen[str]) -> None:
    children = children_of(running, 5)
    time.sleep(3.0)
    sizes_bytes = {child.cmdline()[2]: child.memory_info().rss for child in children}
    assert max(sizes_bytes.values()) < 150e6, sizes_bytes
