"""How a run is carried out: clocks, reporting, codec and fences; not what is simulated."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from hiercoop.config.radio import SettingsModel
from hiercoop.config.scenario import MobilityConfig, ScenarioConfig

Reporting = Literal["every-slot", "periodic", "on-termination"]
FeatureCodec = Literal["fp32", "fp16", "int8"]


class RunConfig(SettingsModel):
    """Modes of one run (design, section 6)."""

    scenario: ScenarioConfig = ScenarioConfig(mobility=MobilityConfig(kind="grid"))
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    pacing: Literal["lockstep", "realtime"] = "lockstep"
    options: Literal["synchronous", "asynchronous"] = "synchronous"
    option_delay_slots: int = Field(default=1, ge=1, le=1000)
    reporting: Reporting = "on-termination"
    report_period_slots: int = Field(default=5, ge=1, le=1000)
    codec: FeatureCodec = "fp32"
    max_slots: int | None = Field(default=None, ge=1)
    min_agents: int | None = Field(default=None, ge=1)
    """Agents attached before the first slot; None: one a cell."""
    agent_timeout_s: float = Field(default=2.0, gt=0.0, le=600.0)
    """How long lock-step waits for a silent agent before its cell leaves the roster."""
    edge_timeout_s: float = Field(default=1.0, gt=0.0, le=600.0)
    """How long an SBS waits for a decision before it goes on alone; below agent_timeout_s."""

    @model_validator(mode="after")
    def _deadlines_nest(self) -> RunConfig:
        if self.edge_timeout_s >= self.agent_timeout_s:
            raise ValueError("edge_timeout_s must be below agent_timeout_s: deadlines nest (edge < SBS < simulator)")
        if self.min_agents is not None and self.min_agents > self.scenario.num_sbs:
            raise ValueError(f"min_agents={self.min_agents} must be at most num_sbs={self.scenario.num_sbs}")
        return self

    @property
    def period_slots(self) -> int:
        """Slots between periodic reports: 1 for every-slot; meaningless on termination."""
        return 1 if self.reporting == "every-slot" else self.report_period_slots
