"""Settings of the channel simulator, from the environment; the only place of this service that reads it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hiercoop.config.load import build
from hiercoop.config.moving import moving_scenario
from hiercoop.config.run import FeatureCodec, Reporting, RunConfig
from hiercoop.execution.bundle import PolicyBundle, load_bundle
from hiercoop.execution.policy_path import policy_path


class SimSettings(BaseSettings):
    """Where to listen, what to simulate, and how."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    sim_addr: str = "127.0.0.1:50051"
    """SIM_ADDR: where to listen; port 0 takes any free one."""
    slot_port: int = Field(default=0, ge=0, le=65535)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    policy: str = "default"
    """POLICY: a bundle directory or a name under policies/; its digest is what agents and edge must follow."""
    state_dir: Path | None = None
    """STATE_DIR: keeps the count of runs; without it the clock does."""
    trace: Path | None = None
    """TRACE: where the run's trace is written, when it ends."""
    ends_by_itself: bool = False
    """ENDS_BY_ITSELF: the process ends with its run, and prints the run's summary on stdout."""

    scenario: str = "urban-grid"
    config: Path | None = None
    """CONFIG: a TOML file laid over the scenario."""
    settings: list[str] = []
    """SETTINGS: JSON list of key=value, laid over both."""
    sbs: int | None = None
    mobility: Path | None = None
    """MOBILITY: a SUMO floating-car-data trace to drive the vehicles; without it they drive the urban grid."""
    seed: int = 1
    pacing: str = "lockstep"
    options: str = "synchronous"
    option_delay_slots: int = 1
    reporting: Reporting = "on-termination"
    report_period_slots: int = 5
    codec: FeatureCodec = "fp32"
    max_slots: int | None = None
    min_agents: int | None = None
    agent_timeout_s: float = 2.0
    edge_timeout_s: float = 1.0

    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_json: bool = False

    def run_config(self) -> RunConfig:
        """The run that is asked for; ConfigError naming what is out of bounds."""
        cells = [] if self.sbs is None else [f"num_sbs={self.sbs}"]
        scenario = moving_scenario(self.scenario, self.mobility, self.config, [*cells, *self.settings])
        modes = set(RunConfig.model_fields) - {"scenario"}
        return build(RunConfig, {"scenario": scenario, **self.model_dump(include=modes)})

    def bundle(self) -> PolicyBundle:
        """The policy of the run, checked against its scenario; BundleError says what is wrong."""
        bundle = load_bundle(policy_path(self.policy))
        bundle.check_scenario(self.run_config().scenario)
        return bundle
