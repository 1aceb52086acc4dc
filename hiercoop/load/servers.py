"""The servers that a load goes to: the edge's decision process, and the bare echo beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from hiercoop.errors import BundleError, ConfigError, UnreachableError
from hiercoop.execution.bundle import bundle_from_files, load_bundle
from hiercoop.execution.policy_path import policy_path
from hiercoop.rpc.channel_options import MAX_POLICY_BYTES, client_options
from hiercoop.rpc.v1.upper_edge_service_pb2 import GetPolicyRequest, GetPolicyResponse
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
LOOPBACK = ("127.", "[::1]", "localhost:")
EDGE_MODULE = "services.upper_edge.decisions"


@dataclass(frozen=True)
class Server:
    """Where a load goes; `pid` where it is a process of this machine whose time can be read."""

    address: str
    pid: int | None = None

    def cpu_s(self) -> float | None:
        """Processor time that the process has used [s], in steps of the kernel's clock (10 ms); None for one elsewhere."""
        if self.pid is None:
            return None
        # The name in brackets may hold anything; user and system time are the 12th and 13th fields after it.
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class EdgeFacts:
    """What an emulated SBS has to know of the edge's policy."""

    policy_digest: str
    dimensions: dict[str, int]


@contextmanager
def started_edge(policy: str, **settings: str) -> Iterator[Server]:
    """A decision process of its own on a free port of this machine; BundleError for a policy that it could not load."""
    load_bundle(policy_path(policy))
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        address = f"{HOST}:{probe.getsockname()[1]}"
    environment = os.environ | {"EDGE_ADDR": address, "POLICY": policy, "LOG_LEVEL": "error"} | settings
    with _started([sys.executable, "-m", EDGE_MODULE], environment) as process:
        yield Server(address, process.pid)


@contextmanager
def started_echo() -> Iterator[Server]:
    """The bare echo on a free port of this machine."""
    with _started([sys.executable, "-m", "hiercoop.load.echo"], dict(os.environ)) as process:
        address = process.stdout.readline().strip() if process.stdout is not None else ""
        if not address:
            raise UnreachableError("the bare echo ended before it listened; its message stands above")
        yield Server(address, process.pid)


def check_address(address: str, allows_remote: bool) -> None:
    """Raises ConfigError for an address that is none, or of another machine unless that is allowed."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"edge={address!r} must be HOST:PORT")
    if not allows_remote and not address.startswith(LOOPBACK):
        raise ConfigError(f"edge={address} is not this machine; add --allow-remote if you may load it")


def ask_edge(address: str, timeout_s: float = START_TIMEOUT_S) -> EdgeFacts:
    """The policy that an edge follows; UnreachableError where nobody answers in time."""
    options = [*client_options(MAX_POLICY_BYTES)]
    with grpc.insecure_channel(address, options=options) as channel:
        try:
            response: GetPolicyResponse = UpperEdgeServiceStub(channel).GetPolicy(
                GetPolicyRequest(), timeout=timeout_s, wait_for_ready=True
            )
        except grpc.RpcError as error:
            raise UnreachableError(
                f"no edge answers at {address} within {timeout_s:g} s; start one or leave out --edge"
            ) from error
    bundle = bundle_from_files({file.name: file.content for file in response.files})
    sizes = bundle.manifest.dimensions
    if sizes.options < 2:
        raise BundleError("the edge's policy has one option, so its SBSs never report; choose another policy")
    return EdgeFacts(bundle.digest, sizes.agreed())


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
