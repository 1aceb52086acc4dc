"""A window of load: all client processes begin at one moment, and what came of it is one result with the server's time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hiercoop.errors import UnreachableError
from hiercoop.load.client import READY
from hiercoop.load.plan import ClientPlan, LoadResult, LoadShape, empty_result
from hiercoop.load.servers import EdgeFacts, Server

LEAD_S = 0.2
"""Between the word to begin and the first message, so that every client is waiting for it."""


@dataclass(frozen=True)
class Window:
    """One window: what the clients met, and the processor time of the server meanwhile [s], None where it cannot be read."""

    result: LoadResult
    server_cpu_s: float | None


class Clients:
    """Client processes that stay for several windows."""

    def __init__(self, processes: list[subprocess.Popen[str]], facts: EdgeFacts) -> None:
        self._processes = processes
        self._facts = facts
        # Above every run that an edge has seen before, also in an earlier load test.
        self._run_epoch = int(time.time())

    def run(self, server: Server, shape: LoadShape, is_echo: bool = False) -> Window:
        """One window; UnreachableError where a client process ends."""
        self._run_epoch += 1
        for client, process in enumerate(self._processes):
            plan = ClientPlan(
                address=server.address,
                shape=shape,
                client=client,
                run_epoch=self._run_epoch,
                policy_digest=self._facts.policy_digest,
                dimensions=self._facts.dimensions,
                is_echo=is_echo,
            )
            _say(process, plan.to_json())
        for process in self._processes:
            if _hear(process) != READY:
                raise UnreachableError("a client process did not get ready; its message stands above")
        cpu_s = server.cpu_s()
        begin_s = time.monotonic() + LEAD_S
        for process in self._processes:
            _say(process, repr(begin_s))
        result = empty_result()
        for process in self._processes:
            result.add(LoadResult.from_json(_hear(process)))
        after_s = server.cpu_s()
        return Window(result, None if cpu_s is None or after_s is None else after_s - cpu_s)


@contextmanager
def started_clients(num_clients: int, facts: EdgeFacts) -> Iterator[Clients]:
    """Client processes, ended again when the block is left."""
    command = [sys.executable, "-m", "hiercoop.load.client"]
    # Streams that end are counted; gRPC need not tell each of them on stderr too.
    environment = os.environ | {"GRPC_VERBOSITY": "ERROR"}
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(num_clients)
    ]
    try:
        yield Clients(processes, facts)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _say(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin is not None:
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            raise UnreachableError("a client process has ended; its message stands above") from error


def _hear(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline().strip() if process.stdout is not None else ""
    if not line:
        raise UnreachableError("a client process has ended; its message stands above")
    return line
