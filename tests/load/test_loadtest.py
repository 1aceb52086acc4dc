"""`hiercoop loadtest` against a real edge process, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError, UnreachableError
from hiercoop.execution.bundle import write_bundle
from hiercoop.load.plan import LoadShape
from hiercoop.load.servers import EdgeFacts, Server, ask_edge, check_address, started_echo, started_edge
from hiercoop.load.window import Clients, started_clients
from tests.bundles import random_bundle


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policy") / "bundle"
    write_bundle(random_bundle(ScenarioConfig()), path)
    return path


@pytest.fixture(scope="module")
def edge(policy: Path) -> Iterator[Server]:
    with started_edge(str(policy)) as server:
        yield server


@pytest.fixture(scope="module")
def facts(edge: Server) -> EdgeFacts:
    return ask_edge(edge.address)


@pytest.fixture(scope="module")
def clients(edge: Server, facts: EdgeFacts) -> Iterator[Clients]:
    """Two processes; the edge has met them, so that its first inference keeps nobody waiting."""
    with started_clients(2, facts) as clients:
        clients.run(edge, light())
        yield clients


def light(**changes: object) -> LoadShape:
    fields = {"num_sbs": 4, "period_s": 0.1, "deadline_s": 5.0, "seconds": 1.0, "max_messages": 1000} | changes
    return LoadShape(**fields)  # type: ignore[arg-type]


@pytest.mark.processes
@pytest.mark.parametrize("codec", ["fp32", "int8"])
def test_every_report_of_a_light_load_is_answered(clients: Clients, edge: Server, codec: str) -> None:
    window = clients.run(edge, light(codec=codec))
    assert (window.result.planned, window.result.answered, window.result.decisions) == (40, 40, 40)
    assert window.result.errors == {}
    assert window.result.missed_share == 0.0
    assert window.server_cpu_s is not None


@pytest.mark.processes
def test_a_packed_load_decides_all_its_reports(clients: Clients, edge: Server) -> None:
    window = clients.run(edge, light(num_sbs=6, packed=4))
    assert (window.result.planned, window.result.answered, window.result.decisions) == (20, 20, 60)


@pytest.mark.processes
def test_the_echo_answers_the_same_messages(clients: Clients) -> None:
    with started_echo() as echo:
        window = clients.run(echo, light(), is_echo=True)
    assert (window.result.planned, window.result.answered) == (40, 40)


@pytest.mark.processes
def test_messages_are_bounded_in_count(clients: Clients, edge: Server) -> None:
    assert clients.run(edge, light(max_messages=8)).result.planned == 8


@pytest.mark.processes
def test_a_server_that_stops_for_a_while_is_not_forgiven(clients: Clients, edge: Server) -> None:
    """Latency counts from the schedule: of a dozen reports that fall into the silence, the first waits longest.

    A silence of 0.4 s would be taken for a dead edge, and end the stream.
    """
    assert edge.pid is not None
    stop_and_go = f"import os, signal, time; time.sleep(0.5); os.kill({edge.pid}, signal.SIGSTOP); time.sleep(0.25); os.kill({edge.pid}, signal.SIGCONT)"  # noqa: E501
    with subprocess.Popen([sys.executable, "-c", stop_and_go]):
        window = clients.run(edge, light(num_sbs=1, period_s=0.02, deadline_s=0.1, seconds=2.0))
    late = window.result.planned - window.result.in_time
    assert 4 <= late < window.result.planned
    assert window.result.latency.get_max_value() > 180_000


@pytest.mark.processes
def test_an_edge_that_allows_a_lower_rate_refuses_with_a_retry_time(policy: Path) -> None:
    with started_edge(str(policy), MAX_REPORT_RATE_HZ="10", LOG_LEVEL="error") as strict:
        facts = ask_edge(strict.address)
        with started_clients(1, facts) as clients:
            result = clients.run(strict, light(num_sbs=2, period_s=0.01, seconds=1.0, num_clients=1)).result
    assert result.errors == {"RESOURCE_EXHAUSTED": 2}
    assert 0 < result.answered < result.planned


@pytest.mark.processes
def test_the_command_prints_one_object_and_writes_a_page_of_its_own(policy: Path, tmp_path: Path) -> None:
    page = tmp_path / "load.html"
    command = [sys.executable, "-m", "hiercoop.cli", "loadtest", "--policy", str(policy), "--sbs", "2", "--period-ms", "50"]
    command += ["--seconds", "0.5", "--rounds", "1", "--clients", "1", "--html", str(page), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["edge"]["messages_planned"] == report["echo"]["messages_planned"] == 20
    assert set(report["edge"]["latency_us"]) == {"p50", "p90", "p99", "p99.9", "max"}
    assert report["ratios"]["latency_p50"] > 0
    text = page.read_text("utf-8")
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("address", ["10.1.2.3:50052", "edge.example:1", "50052", "127.0.0.1:x"])
def test_an_address_elsewhere_or_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=f"edge='?{address}"):
        check_address(address, allows_remote=False)


def test_an_address_elsewhere_may_be_allowed() -> None:
    check_address("10.1.2.3:50052", allows_remote=True)
    check_address("127.0.0.1:50052", allows_remote=False)


def test_an_edge_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"no edge answers at 127\.0\.0\.1:1 "):
        ask_edge("127.0.0.1:1", timeout_s=0.2)
