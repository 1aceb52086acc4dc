"""Settings of the decision process, from the environment; the only place of it that reads it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EdgeSettings(BaseSettings):
    """Where to listen, and which policy to follow."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    edge_addr: str = "127.0.0.1:50052"
    """EDGE_ADDR: where to listen; port 0 takes any free one."""
    policy: str = "default"
    """POLICY: a bundle directory or a name under policies/."""
    state_dir: Path | None = None
    """STATE_DIR: keeps the count of this process's lives; without it the clock does."""
    max_streams: int = Field(default=256, ge=1, le=100_000)
    """MAX_STREAMS: reports are taken from so many streams at a time; a further one is told when to come back."""
    max_report_rate_hz: float = Field(default=4000.0, gt=0.0, le=1e7)
    """MAX_REPORT_RATE_HZ: messages a second of one stream, reports or packs; one that sends more is told when to come back."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_json: bool = False
