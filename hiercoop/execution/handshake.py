"""Whether an SBS and the edge can work together, before they do."""

from __future__ import annotations

from typing import get_args

from hiercoop.config.bounds import MAX_SBS
from hiercoop.config.run import FeatureCodec, Reporting
from hiercoop.errors import HandshakeError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.rpc.v1.upper_edge_service_pb2 import RegisterRequest, RunProfile


def check_registration(request: RegisterRequest, bundle: PolicyBundle, profile: RunProfile | None) -> None:
    """Raises HandshakeError naming the first thing that differs, what came and what is wanted."""
    _match("protocol_version", request.protocol_version, PROTOCOL_VERSION)
    _match("policy_digest", request.policy_digest, bundle.digest)
    sizes = bundle.manifest.dimensions
    for name in ("observation", "vehicles", "choices", "features", "options"):
        _match(f"dimensions.{name}", getattr(request.dimensions, name), getattr(sizes, name))
    _check_profile(request.run, request.cell)
    if profile is None or request.run.run_epoch > profile.run_epoch:
        return
    for field in RunProfile.DESCRIPTOR.fields:
        if field.name != "sites_m":
            _match(f"run.{field.name}", getattr(request.run, field.name), getattr(profile, field.name))
    _match("run.sites_m", list(request.run.sites_m), list(profile.sites_m))


def _check_profile(run: RunProfile, cell: int) -> None:
    _one_of("run.codec", run.codec, get_args(FeatureCodec))
    _one_of("run.reporting", run.reporting, get_args(Reporting))
    if not 1 <= run.num_cells <= MAX_SBS:
        raise HandshakeError(f"run.num_cells={run.num_cells} must be in 1..{MAX_SBS}")
    if cell >= run.num_cells:
        raise HandshakeError(f"cell={cell} must be below run.num_cells={run.num_cells}")
    if run.reporting != "on-termination" and run.period_slots < 1:
        raise HandshakeError(f"run.period_slots={run.period_slots} must be at least 1")
    _match("length of run.sites_m", len(run.sites_m), 2 * run.num_cells)


def _match(name: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise HandshakeError(f"{name}={found!r} came, {wanted!r} is wanted")


def _one_of(name: str, found: str, wanted: tuple[str, ...]) -> None:
    if found not in wanted:
        raise HandshakeError(f"{name}={found!r} came, one of {', '.join(wanted)} is wanted")
