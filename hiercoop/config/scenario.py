"""A scenario: who is where, what they have to deliver, and what is seen of it."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field, model_validator

from hiercoop.config.bounds import MAX_SBS
from hiercoop.config.radio import RadioConfig, SettingsModel

MAX_NEIGHBOURS = 8
Site = tuple[float, float]
Drop = Literal["grid", "near", "edge"]


class MobilityConfig(SettingsModel):
    """How vehicles come to be where they are.

    `drop`: a fresh placement every episode (training, evaluation). `grid`: vehicles drive the urban grid (running emulation).
    `trace`: vehicles follow a SUMO floating-car-data file.
    """

    kind: Literal["drop", "grid", "trace"] = "drop"
    drop: Drop = "grid"
    """Which vehicles a drop keeps: all, those near their SBS, or those between two SBSs (env/drop.py)."""
    occupancy_prob: float = Field(default=1.0, gt=0.0, le=1.0)
    """Chance that a vehicle slot of a drop holds a vehicle; below 1, cells differ in load from episode to episode."""
    speed_mps: float = Field(default=15.0, ge=0.0, le=100.0)
    num_vehicles: int | None = Field(default=None, ge=1, le=100_000)
    """Vehicles on the grid when they drive it; None: twice what the SBSs can serve at a time."""
    trace: str | None = None
    large_scale_period_s: float = Field(default=0.1, gt=0.0, le=60.0)
    """Positions, path loss and shadowing move this often in a running emulation."""

    @model_validator(mode="after")
    def _trace_has_a_file(self) -> MobilityConfig:
        if (self.kind == "trace") != (self.trace is not None):
            raise ValueError('mobility.trace names a file exactly when mobility.kind = "trace"')
        return self


class TrafficConfig(SettingsModel):
    """What each vehicle has to deliver within one delivery round."""

    payload_bytes: float = Field(default=87_500.0, ge=0.0, le=1e9)
    """The default: what best-response-payload delivers to 90 % (docs/results/baselines.md)."""
    cell_payload_bytes: tuple[float, ...] | None = None
    """One payload a cell instead; length num_sbs."""
    load_ratio: float = Field(default=1.0, ge=1.0, le=1000.0)
    """Payload in the last cell over that in the first, in equal steps between them; `payload_bytes` stays the mean."""
    full_buffer: bool = False

    @model_validator(mode="after")
    def _one_way_to_be_uneven(self) -> TrafficConfig:
        if self.cell_payload_bytes is not None and self.load_ratio != 1.0:
            raise ValueError(f"traffic.load_ratio={self.load_ratio:g} and cell_payload_bytes exclude each other; give one")
        largest_bytes = self.payload_bytes * 2.0 * self.load_ratio / (1.0 + self.load_ratio)
        if largest_bytes > 1e9:
            raise ValueError(f"traffic.load_ratio={self.load_ratio:g} makes a payload of {largest_bytes:g}; the most is 1e9")
        return self


class RewardConfig(SettingsModel):
    """Weights of (9): lambda_c per Mbit/s of capacity, lambda_d times phi per delivered slot (7)."""

    capacity_weight: float = Field(default=0.01, ge=0.0)
    delivery_weight: float = Field(default=1.0, ge=0.0)
    delivery_bonus: float = Field(default=0.3, ge=0.0)
    discount: float = Field(default=0.95, ge=0.0, lt=1.0)

    @model_validator(mode="after")
    def _stalling_never_pays(self) -> RewardConfig:
        if self.delivery_weight * self.delivery_bonus <= self.capacity_weight * 25.0:
            raise ValueError("delivery_weight x delivery_bonus must exceed capacity_weight x 25 Mbit/s, or stalling pays")
        return self


class ObservationConfig(SettingsModel):
    """What an SBS sees."""

    mbs_csi: Literal["current", "delayed", "none"] = "current"
    has_gains: bool = True
    """False: the paper's bare form, without any gain."""
    num_neighbours: int = Field(default=4, ge=0, le=MAX_NEIGHBOURS)
    """Nearest other SBSs towards which each vehicle's mean gain is observed, as its measurement reports tell."""


class ScenarioConfig(SettingsModel):
    """Everything that makes two runs with the same seed equal."""

    name: str = Field(default="urban-grid", min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")
    num_sbs: int = Field(default=3, ge=1, le=MAX_SBS)
    num_vehicles_per_sbs: int = Field(default=3, ge=1, le=16)
    episode_slots: int = Field(default=100, ge=1, le=100_000)
    """T: slots of a delivery round, and of a training episode."""
    radio: RadioConfig = RadioConfig()
    mobility: MobilityConfig = MobilityConfig()
    traffic: TrafficConfig = TrafficConfig()
    reward: RewardConfig = RewardConfig()
    observation: ObservationConfig = ObservationConfig()
    sbs_sites_m: tuple[Site, ...] | None = None
    """None: K intersections of the grid, or a k-means of the trace."""
    sbs_spacing_m: float | None = Field(default=None, ge=5.0, le=1000.0)
    """Instead, SBSs in a row along one street of the grid, this far from each other: the smaller, the denser."""
    mbs_site_m: Site | None = None
    """None: the centre of the area."""

    @model_validator(mode="after")
    def _sites_have_one_source(self) -> ScenarioConfig:
        if self.sbs_spacing_m is not None and (self.sbs_sites_m is not None or self.mobility.kind == "trace"):
            raise ValueError(f"sbs_spacing_m={self.sbs_spacing_m:g} is for the grid, and without sbs_sites_m; leave one out")
        if self.mobility.drop == "edge" and self.num_sbs < 2:
            raise ValueError(f'mobility.drop="edge" lies between two SBSs; num_sbs={self.num_sbs} must be at least 2')
        return self

    @model_validator(mode="after")
    def _lengths_agree(self) -> ScenarioConfig:
        if self.sbs_sites_m is not None and len(self.sbs_sites_m) != self.num_sbs:
            raise ValueError(f"sbs_sites_m has {len(self.sbs_sites_m)} sites, num_sbs={self.num_sbs} wants as many")
        payloads = self.traffic.cell_payload_bytes
        if payloads is not None and len(payloads) != self.num_sbs:
            raise ValueError(f"traffic.cell_payload_bytes has {len(payloads)} values, num_sbs={self.num_sbs} wants as many")
        if payloads is not None and not all(0.0 <= value <= 1e9 for value in payloads):
            raise ValueError("traffic.cell_payload_bytes must be in 0..1e9 each")
        return self

    @property
    def num_links(self) -> int:
        """L = K x V."""
        return self.num_sbs * self.num_vehicles_per_sbs

    @property
    def num_choices(self) -> int:
        """2M: own SBS or MBS, and a sub-band."""
        return 2 * self.radio.num_bands

    def digest(self) -> str:
        """sha256 [hex] of the canonical JSON form; a trace counts by name, not by content."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
