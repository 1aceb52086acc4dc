"""A stack of real processes on free ports of this machine, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from hiercoop.config.load import load_scenario
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.bundle import PolicyBundle, write_bundle
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest, ControlResponse, WatchRequest, WatchResponse
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from hiercoop.rpc.v1.upper_edge_service_pb2 import GetCountersRequest, GetCountersResponse
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub
from tests.bundles import random_bundle

PATIENCE_S = 120.0
"""Far above what anything takes on an idle machine; tests wait for events, not for time."""
PATIENCE: dict[str, object] = {"agent_timeout_s": 60.0, "edge_timeout_s": 30.0}
"""A process that had no turn for two seconds is not yet lost; tests of silence say how long a silence is."""
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def grid_scenario(num_sbs: int = 3) -> ScenarioConfig:
    """The urban grid with moving traffic."""
    return load_scenario("urban-grid", settings=('mobility.kind="grid"', f"num_sbs={num_sbs}"))


class Stack:
    """Processes by name; everything that was started is ended by `close`."""

    def __init__(self, directory: Path, num_sbs: int = 3, **simulator: object) -> None:
        self.directory = directory
        self.num_sbs = num_sbs
        self.bundle: PolicyBundle = random_bundle(grid_scenario(num_sbs))
        self.trace = directory / "run.trace"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        write_bundle(self.bundle, directory / "bundle")
        self.environment = {
            "SIM_ADDR": f"127.0.0.1:{free_port()}",
            "EDGE_ADDR": f"127.0.0.1:{free_port()}",
            "POLICY": str(directory / "bundle"),
            "POLICY_CACHE": str(directory / "cache"),
            "STATE_DIR": str(directory / "state"),
            "LOG_LEVEL": "debug",
            "EDGE_WAIT_S": str(PATIENCE_S),
            "EDGE_PING_TIMEOUT_S": str(PATIENCE_S),
            # A process that has no turn for a second is not yet lost; tests of silence say how long it is.
            "AGENT_TIMEOUT_S": str(PATIENCE_S / 2),
            "EDGE_TIMEOUT_S": str(PATIENCE_S / 2),
            "SBS": str(num_sbs),
            "TRACE": str(self.trace),
        } | {name.upper(): str(value) for name, value in (PATIENCE | simulator).items()}
        self._channels = [
            grpc.insecure_channel(self.environment[name], [("grpc.max_reconnect_backoff_ms", 100)])
            for name in ("SIM_ADDR", "EDGE_ADDR")
        ]
        self.simulator = ChannelSimServiceStub(self._channels[0])
        self.edge = UpperEdgeServiceStub(self._channels[1])

    def start(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        """Starts `sim`, `edge`, or an agent of any other name; its log goes to a file of that name."""
        module = {"sim": "services.channel_sim", "edge": "services.upper_edge.decisions"}.get(name, "services.sbs_agent")
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=os.environ | self.environment | {"AGENT_NAME": name} | environment,
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def start_all(self) -> None:
        """Starts simulator, edge and an agent a cell."""
        for name in ("sim", "edge", *(f"agent{number}" for number in range(self.num_sbs))):
            self.start(name)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to one process; after a deadly one, waits for its end."""
        self.processes[name].send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.processes[name].wait(PATIENCE_S)

    def watch(self) -> WatchResponse:
        """What the simulator says of itself now."""
        stream = self.simulator.Watch(WatchRequest(), timeout=PATIENCE_S, wait_for_ready=True)
        try:
            return next(stream)
        finally:
            stream.cancel()

    def until(self, holds: Callable[[WatchResponse], bool]) -> WatchResponse:
        """The first thing the simulator says that this holds for."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            seen = self.watch()
            if holds(seen):
                return seen
            time.sleep(0.02)
        seen.ClearField("vehicles")
        raise AssertionError(f"this never came to hold; last seen:\n{seen}\n{self.logs()}")

    def until_slot(self, slot: int) -> WatchResponse:
        """What the simulator says once it has done so many slots."""
        return self.until(lambda seen: seen.slot >= slot)

    def goes_on(self, num_slots: int = 30) -> WatchResponse:
        """What the simulator says so many slots from now."""
        return self.until_slot(self.watch().slot + num_slots)

    def control(self, **command: object) -> ControlResponse:
        """The simulator's answer to one command."""
        return self.simulator.Control(ControlRequest(**command), timeout=PATIENCE_S, wait_for_ready=True)  # type: ignore[arg-type]

    def counters(self) -> GetCountersResponse:
        """What the edge has counted."""
        return self.edge.GetCounters(GetCountersRequest(), timeout=PATIENCE_S, wait_for_ready=True)

    def cell_of(self, agent: str) -> int:
        """The cell that an agent serves."""
        return next(cell.cell for cell in self.watch().cells if cell.agent == agent and cell.is_attached)

    def run_config(self, **modes: object) -> RunConfig:
        """The configuration that the simulator makes of its environment."""
        return RunConfig(scenario=grid_scenario(self.num_sbs), **(PATIENCE | modes))  # type: ignore[arg-type]

    def logs(self) -> str:
        """The end of every process's log."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.directory.glob("*.log")))

    def close(self) -> None:
        """Ends what runs."""
        for channel in self._channels:
            channel.close()
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running_stack(directory: Path, num_sbs: int = 3, **simulator: object) -> Iterator[Stack]:
    """A stack with all its processes started."""
    stack = Stack(directory, num_sbs, **simulator)
    try:
        stack.start_all()
        yield stack
    finally:
        stack.close()
