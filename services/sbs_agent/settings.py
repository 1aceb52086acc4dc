"""Settings of an SBS agent, from the environment; the only place of this service that reads it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hiercoop.rpc.channel_options import EDGE_PING_TIMEOUT_S


def _default_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


class AgentSettings(BaseSettings):
    """SIM_ADDR and EDGE_ADDR are all that an agent dials; the rest it learns from them."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    sim_addr: str = "127.0.0.1:50051"
    edge_addr: str = "127.0.0.1:50052"
    wanted_cell: int | None = Field(default=None, ge=0)
    """WANTED_CELL; without it any free cell will do."""
    policy_digest: str = ""
    """POLICY_DIGEST: the only policy that this agent follows; empty: the one that the run wants."""
    policy_cache: Path = Path.home() / ".cache" / "hiercoop" / "policies"
    edge_wait_s: float = Field(default=3.0, ge=0.0, le=600.0)
    """EDGE_WAIT_S: how long a starting agent waits for the edge before it serves its cell alone."""
    edge_ping_timeout_s: float = Field(default=EDGE_PING_TIMEOUT_S, gt=0.0, le=600.0)
    """EDGE_PING_TIMEOUT_S: how long a silent edge may leave a ping unanswered before it counts as lost."""
    agent_name: str = Field(default_factory=_default_name)
    health_addr: str = ""
    """HEALTH_ADDR: host:port that answers health checks; empty: none."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_json: bool = False
