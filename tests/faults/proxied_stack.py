"""A stack of real processes whose agents reach the edge and the simulator only through fault proxies."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hiercoop.rpc.channel_options import EDGE_PING_TIMEOUT_S
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.faults.fault_proxy import FaultProxy, Faults, fault_proxy
from tests.services.stack import PATIENCE_S, Stack, free_port

FAR_HOST = "127.0.0.2"
"""Another address of this machine: there the proxies have the simulator's own ports, one of which `Attach` names."""


@dataclass(frozen=True)
class Line:
    """All connections of the agents to one service."""

    proxies: tuple[FaultProxy, ...]

    def set(self, faults: Faults) -> None:
        """From now on these faults."""
        for proxy in self.proxies:
            proxy.set(faults)

    def reset(self) -> None:
        """Resets all connections."""
        for proxy in self.proxies:
            proxy.reset()

    def half_open(self) -> None:
        """The service is told that all connections are gone, the agents are not."""
        for proxy in self.proxies:
            proxy.half_open()


@dataclass(frozen=True)
class ProxiedStack:
    """A stack and the lines to its services."""

    stack: Stack
    edge: Line
    sim: Line

    def settle(self) -> WatchResponse:
        """What the simulator says once every cell has an agent that hears the edge, and slots go on."""
        self.stack.until(all_connected)
        self.stack.goes_on(10)
        return self.stack.until(all_connected)

    def moments_s(self, name: str, event: str) -> list[float]:
        """When a process logged an event [s since 1970]."""
        lines = (self.stack.directory / f"{name}.log").read_text().splitlines()
        logged = [json.loads(line) for line in lines if line.startswith("{")]
        return [datetime.fromisoformat(entry["timestamp"]).timestamp() for entry in logged if entry["event"] == event]


def all_connected(seen: WatchResponse) -> bool:
    """Whether every cell takes part and hears the edge."""
    return all(cell.in_roster and cell.health.is_edge_connected for cell in seen.cells)


def none_connected(seen: WatchResponse) -> bool:
    """Whether no cell hears the edge."""
    return not any(cell.health.is_edge_connected for cell in seen.cells)


def missed_slots(seen: WatchResponse) -> list[int]:
    """Slots without an allocation, by cell."""
    return [cell.missed_slots for cell in seen.cells]


def wait_for(holds: Callable[[], bool], pause_s: float = 0.02) -> None:
    """Returns once this holds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"it did not come to hold within {PATIENCE_S:.0f} s")
        time.sleep(pause_s)


@contextmanager
def proxied_stack(directory: Path, num_sbs: int = 3, **simulator: object) -> Iterator[ProxiedStack]:
    """A stack with everything started; it is ended on leaving, and then its proxies."""
    slot_port = free_port()
    with ExitStack() as proxies:
        shipped = {"edge_ping_timeout_s": EDGE_PING_TIMEOUT_S, "log_json": True}
        stack = Stack(directory, num_sbs, slot_port=slot_port, **(shipped | simulator))
        sim_port, edge_port = (int(stack.environment[name].rpartition(":")[2]) for name in ("SIM_ADDR", "EDGE_ADDR"))
        edge = proxies.enter_context(fault_proxy(edge_port))
        sim = [proxies.enter_context(fault_proxy(port, FAR_HOST, port)) for port in (sim_port, slot_port)]
        try:
            stack.start("sim")
            stack.start("edge")
            for number in range(stack.num_sbs):
                start_agent(stack, f"agent{number}", edge)
            yield ProxiedStack(stack, Line((edge,)), Line(tuple(sim)))
        finally:
            stack.close()


def start_agent(stack: Stack, name: str, edge: FaultProxy) -> None:
    """Starts an agent that knows no way but through the proxies."""
    sim_port = stack.environment["SIM_ADDR"].rpartition(":")[2]
    stack.start(name, EDGE_ADDR=f"127.0.0.1:{edge.port}", SIM_ADDR=f"{FAR_HOST}:{sim_port}")
