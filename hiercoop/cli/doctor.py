"""`hiercoop doctor`: whether this machine has what a run needs."""

from __future__ import annotations

import errno
import importlib
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.options import ScenarioOptions, resolve_scenario
from hiercoop.errors import CheckError, HierCoopError

MIN_PYTHON = (3, 11)
SERVING_MODULES = ("numpy", "pydantic", "grpc", "onnxruntime", "grpc_health", "grpc_reflection", "uvloop", "fastapi",
                   "uvicorn", "sse_starlette", "prometheus_client", "pydantic_settings")  # fmt: skip
STUB_MODULES = ("tensor_pb2", "upper_edge_service_pb2_grpc", "channel_sim_service_pb2_grpc")
DEFAULT_PORTS = (8080, 50051, 50052)
"""HTTP, simulator, edge: what a run uses where nothing else is said."""
DOCKER_TIMEOUT_S = 10


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(ScenarioOptions):
    """What to look at beside the machine itself."""

    policy: Annotated[str, typer.Option(metavar="POLICY", help="Policy bundle that a run would use.")] = "default"
    mobility: Annotated[Path | None, typer.Option(metavar="TRACE", help="SUMO trace that a run would use.")] = None
    port: Annotated[list[int] | None, typer.Option(min=1, max=65535, help="Port that a run would use; repeatable.")] = None


@dataclass(frozen=True)
class Finding:
    """One check: whether it held, what was seen, and whether a run depends on it."""

    name: str
    is_ok: bool
    detail: str
    is_required: bool = True


def doctor(options: DoctorOptions) -> None:
    """Check what a run needs.

    Python, packages, stubs, ports, configuration, policy bundle, trace and Docker; exit code 5 if a run would fail.
    """
    findings = [
        _python(),
        _finding("packages", _import_serving_modules),
        _finding("stubs", _import_stubs),
        *(_finding(f"port {port}", partial(_bind, port)) for port in options.port or DEFAULT_PORTS),
        _finding("configuration", partial(_configure, options)),
        _finding("policy", partial(_load_policy, options)),
    ]
    if options.mobility is not None:
        findings.append(_finding("trace", partial(_scan, options.mobility)))
    findings.append(_docker())
    failed = [finding.name for finding in findings if finding.is_required and not finding.is_ok]
    if options.json:
        write_result({"ok": not failed, "checks": [asdict(finding) for finding in findings]}, as_json=True)
    else:
        for finding in findings:
            print(f"{_mark(finding)}  {finding.name:<14} {finding.detail}")
    if failed:
        raise CheckError(f"{len(failed)} of {len(findings)} checks did not hold: {', '.join(failed)}")


def _mark(finding: Finding) -> str:
    return "ok  " if finding.is_ok else "FAIL" if finding.is_required else "none"


def _finding(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except HierCoopError as error:
        return Finding(name, False, str(error))


def _python() -> Finding:
    wanted = ".".join(map(str, MIN_PYTHON))
    return Finding("python", sys.version_info >= MIN_PYTHON, f"{platform.python_version()}, wanted {wanted} or later")


def _import_serving_modules() -> str:
    missing = []
    for name in SERVING_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        raise CheckError(f"cannot import {', '.join(missing)}; run `make run`, or pip install -c constraints.txt -e .[serve]")
    return f"{len(SERVING_MODULES)} packages import"


def _import_stubs() -> str:
    try:
        for name in STUB_MODULES:
            importlib.import_module(f"hiercoop.rpc.v1.{name}")
    # protobuf and grpc compare the generated code's version with their own on import.
    except (ImportError, RuntimeError, TypeError) as error:
        raise CheckError(f"the generated stubs do not fit the installed protobuf and grpcio: {error}") from error
    return "fit the installed protobuf and grpcio"


def _bind(port: int) -> str:
    with socket.socket() as listener:
        # As a server does it: a port that a past server has just left is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            reason = "in use" if error.errno == errno.EADDRINUSE else (error.strerror or "not to be had")
            raise CheckError(f"port {port} is {reason}; stop what holds it or choose another") from error
    return "free"


def _configure(options: DoctorOptions) -> str:
    scenario = resolve_scenario(options)
    return f"{scenario.name}: {scenario.num_sbs} SBSs, {scenario.num_vehicles_per_sbs} vehicles each at a time"


def _load_policy(options: DoctorOptions) -> str:
    from hiercoop.execution.bundle import load_bundle
    from hiercoop.execution.policy_path import policy_path

    bundle = load_bundle(policy_path(options.policy))
    bundle.check_scenario(resolve_scenario(options))
    return f"{bundle.manifest.algorithm} for {bundle.manifest.scenario}, digest {bundle.digest[:12]}"


def _scan(trace: Path) -> str:
    from hiercoop.mobility.fcd_trace import scan_trace

    summary = scan_trace(trace)
    return f"{summary.num_vehicles} vehicles from {summary.begin_s:g} s to {summary.end_s:g} s"


def _docker() -> Finding:
    docker = shutil.which("docker")
    if docker is None:
        return Finding("docker", False, "not installed; only containers need it", is_required=False)
    try:
        answer = subprocess.run([docker, "info"], capture_output=True, timeout=DOCKER_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return Finding("docker", False, f"no answer within {DOCKER_TIMEOUT_S} s; only containers need it", is_required=False)
    detail = "engine answers" if answer.returncode == 0 else "engine does not answer; only containers need it"
    return Finding("docker", answer.returncode == 0, detail, is_required=False)
