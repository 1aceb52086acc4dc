"""How soon an edge that is gone is noticed, and how soon all agents have it again after its return."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hiercoop.execution.bundle import load_bundle
from hiercoop.execution.policy_path import policy_path
from tests.faults.edge_fleet import Fleet, connected_fleet
from tests.faults.fault_proxy import BLACK_HOLE, NO_FAULTS, FaultProxy
from tests.services.stack import PATIENCE_S, Stack, grid_scenario

Kind = Literal["killed", "frozen", "black hole"]
KINDS: tuple[Kind, ...] = ("killed", "frozen", "black hole")
POLICY = "default"
PROBE_S = 0.002
TALK_S = 1.5
"""Reports go on until the outage: gRPC sends no two pings within a second, and one that just was would delay the next."""


@dataclass(frozen=True)
class Outage:
    """One outage of the edge as its agents saw it: the last of them counts."""

    kind: Kind
    lasts_s: float
    noticed_s: float
    back_s: float
    """After the edge listened, ran or was reachable again."""


class EdgeProcess:
    """A real edge behind a proxy, and how it fails and comes back."""

    def __init__(self, directory: Path, num_agents: int) -> None:
        self.stack = Stack(directory, num_agents, policy=POLICY)
        self.port = int(self.stack.environment["EDGE_ADDR"].rpartition(":")[2])
        self.proxy = FaultProxy(self.port)
        self.stack.start("edge")
        until_listening(self.port)

    def fail(self, kind: Kind) -> None:
        """The outage begins."""
        if kind == "black hole":
            self.proxy.set(BLACK_HOLE)
        else:
            self.stack.signal("edge", signal.SIGKILL if kind == "killed" else signal.SIGSTOP)

    def come_back(self, kind: Kind) -> float:
        """When the edge was there again [s of time.monotonic]; for one that was killed, when it listened."""
        returned_s = time.monotonic()
        if kind == "black hole":
            self.proxy.set(NO_FAULTS)
        elif kind == "frozen":
            self.stack.signal("edge", signal.SIGCONT)
        else:
            self.stack.start("edge")
            returned_s = until_listening(self.port)
        return returned_s

    def close(self) -> None:
        """Ends the edge and the proxy."""
        self.stack.close()
        self.proxy.close()


def until_listening(port: int, host: str = "127.0.0.1") -> float:
    """When the port accepted a connection [s of time.monotonic]."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection((host, port), 1.0).close()
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(PROBE_S)
        else:
            return time.monotonic()


async def one_outage(edge: EdgeProcess, fleet: Fleet, kind: Kind, lasts_s: float) -> Outage:
    """One outage in the middle of traffic, from its beginning until every agent is served again."""
    await fleet.talk(TALK_S)
    began_s = time.monotonic()
    edge.fail(kind)
    noticed_s = await fleet.until_lost(began_s)
    await asyncio.sleep(max(0.0, began_s + lasts_s - time.monotonic()))
    # A process that starts is waited for on a thread: the agents go on trying meanwhile.
    returned_s = await asyncio.to_thread(edge.come_back, kind)
    found_s = await fleet.until_found(began_s)
    return Outage(kind, lasts_s, max(noticed_s) - began_s, max(found_s) - returned_s)


async def outages(edge: EdgeProcess, kinds: tuple[Kind, ...], durations_s: tuple[float, ...], repeats: int) -> list[Outage]:
    """Outages of every kind and length, so often, in turn."""
    bundle = load_bundle(policy_path(POLICY))
    scenario = grid_scenario(edge.stack.num_sbs)
    found = []
    for run_epoch, kind in enumerate(kinds, start=1):
        port = edge.proxy.port if kind == "black hole" else edge.port
        async with connected_fleet(f"127.0.0.1:{port}", scenario, bundle, run_epoch) as fleet:
            for _ in range(repeats):
                for lasts_s in durations_s:
                    found.append(await one_outage(edge, fleet, kind, lasts_s))
    return found


@contextmanager
def edge_process(directory: Path, num_agents: int) -> Iterator[EdgeProcess]:
    """An edge that is ended on leaving."""
    edge = EdgeProcess(directory, num_agents)
    try:
        yield edge
    finally:
        edge.close()
