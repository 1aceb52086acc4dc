"""Settings of the web process, from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class WebSettings(BaseSettings):
    """HTTP_HOST, HTTP_PORT, SIM_ADDR, EDGE_ADDR, ALLOWED_ORIGINS (comma-separated), CONTROL_TOKEN, RUNS_DB, POLICY, LOG_..."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65_535)
    """0: any free port; the log says which."""
    sim_addr: str = "127.0.0.1:50051"
    edge_addr: str = "127.0.0.1:50052"
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of other pages that may read the API; none by default."""
    control_token: SecretStr | None = None
    """Asked for as a bearer token by every control command where set."""
    runs_db: Path | None = None
    """RUNS_DB: the SQLite file that runs are kept in; without it they are not kept."""
    max_runs: int = Field(default=200, ge=1, le=10_000)
    max_runs_bytes: int = Field(default=2**30, ge=2**20)
    """MAX_RUNS, MAX_RUNS_BYTES: of what is kept, the oldest runs go first."""
    policy: str = "default"
    """POLICY: a bundle directory or a name under policies/, as the other services have it; the page names it."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_json: bool = False

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return tuple(origin.strip() for origin in value.split(",")) if isinstance(value, str) else value
