"""A scenario of the semantic downlink: cells, antennas, channel, users, and what these want of the words they get."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from hiercoop.config.load import build, overlay
from hiercoop.config.radio import SettingsModel
from hiercoop.errors import ConfigError
from hiercoop.units import dbm_to_w

MAX_CELLS = 37
"""A centre and three rings."""
MAX_SYMBOLS = 20
"""Symbols a word go from 1 to this: the rows of the published table."""
TABLE_STEP_DB = 1.0
"""Columns of a table of accuracies are this far apart."""
BOLTZMANN_J_PER_K = 1.380649e-23
"""Boltzmann constant, SI definition."""
REFERENCE_TEMPERATURE_K = 290.0
"""Of thermal noise: ITU-R P.372."""

Range = tuple[float, float]


class DownlinkRadioConfig(SettingsModel):
    """Base stations and the channel to the users; defaults are the published ones."""

    num_antennas: int = Field(default=8, ge=1, le=64)
    """Elements of each station's uniform linear array, half a wavelength apart."""
    num_beams: int = Field(default=8, ge=1, le=256)
    codebook: str | None = None
    """File with a codebook of one's own (radio/downlink/codebook.py); None: DFT beams."""
    max_power_dbm: float = Field(default=38.0, ge=-40.0, le=60.0)
    num_power_levels: int = Field(default=5, ge=2, le=64)
    """Equal steps from silence to the maximum."""
    bandwidth_hz: float = Field(default=180e3, ge=1e3, le=1e9)
    noise_power_dbm: float = Field(default=-114.0, ge=-200.0, le=0.0)
    has_thermal_noise: bool = False
    """Thermal noise of the bandwidth (-121.4 dBm over 180 kHz) instead of `noise_power_dbm`."""
    shadowing_sigma_db: float = Field(default=8.0, ge=0.0, le=20.0)
    num_paths: int = Field(default=4, ge=1, le=64)
    angular_spread_deg: float = Field(default=3.0, ge=0.0, le=360.0)
    """Paths leave within half of this on either side of the line to the user."""
    doppler_hz: float = Field(default=10.0, ge=0.0, le=1e4)
    slot_duration_s: float = Field(default=0.02, gt=0.0, le=1.0)

    @property
    def max_power_w(self) -> float:
        """What a base station sends at most [W]."""
        return dbm_to_w(self.max_power_dbm)

    @property
    def noise_w(self) -> float:
        """Noise power at a user [W]."""
        if self.has_thermal_noise:
            return BOLTZMANN_J_PER_K * REFERENCE_TEMPERATURE_K * self.bandwidth_hz
        return dbm_to_w(self.noise_power_dbm)


class UsersConfig(SettingsModel):
    """How many users a cell serves, and where they are."""

    num_per_cell: int = Field(default=1, ge=1, le=8)
    min_distance_m: float = Field(default=10.0, ge=1.0, le=1e4)
    max_distance_m: float = Field(default=200.0, ge=1.0, le=1e4)
    placement: Literal["distance", "area"] = "distance"
    """How users fill the ring around their own base station: evenly in their distance from it, or in its area."""
    speed_mps: float = Field(default=0.0, ge=0.0, le=100.0)
    """Above zero, users move in straight lines between the epochs, and turn where they would leave their ring."""

    @model_validator(mode="after")
    def _ring_has_a_width(self) -> UsersConfig:
        if self.min_distance_m >= self.max_distance_m:
            raise ValueError(
                f"users.min_distance_m={self.min_distance_m:g} must be below max_distance_m={self.max_distance_m:g}"
            )
        return self


class SemanticsConfig(SettingsModel):
    """What words cost and how well they arrive."""

    units_per_word: float = Field(default=4.0, gt=0.0, le=1e3)
    """Semantic information of a word [sut]."""
    accuracy_table: str | None = None
    """File with a table of one's own (traffic/semantic/accuracy_table.py); None: the fit that ships with the package."""
    table_snr_db: Range = (-10.0, 20.0)
    """SNR of the first and the last column of that table, in steps of 1 dB."""

    @field_validator("table_snr_db")
    @classmethod
    def _columns_can_be_counted(cls, value: Range) -> Range:
        low_db, high_db = value
        if not -40.0 <= low_db < high_db <= 100.0 or (high_db - low_db) % TABLE_STEP_DB:
            raise ValueError(f"semantics.table_snr_db={list(value)} must rise by whole decibels within -40..100")
        return value


class RequirementsConfig(SettingsModel):
    """How users differ: bounds of uniform draws, mean and standard deviation of normal ones."""

    weight: Range = (0.0, 1.0)
    """w: what the rate counts; the accuracy counts the rest."""
    rate_ksutps: Range = (50.0, 70.0)
    accuracy: Range = (0.8, 0.9)
    rate_slope_mean: float = Field(default=0.2, gt=0.0, le=100.0)
    """beta, per ksut/s."""
    rate_slope_deviation: float = Field(default=0.05, ge=0.0, le=100.0)
    accuracy_slope_mean: float = Field(default=55.0, gt=0.0, le=1e4)
    """lambda."""
    accuracy_slope_deviation: float = Field(default=2.5, ge=0.0, le=1e4)
    is_redrawn_each_slot: bool = False
    """Every slot draws all of it anew, and no cell knows it, as the published code does."""

    @model_validator(mode="after")
    def _bounds_rise(self) -> RequirementsConfig:
        bounds = {"weight": (self.weight, 1.0), "rate_ksutps": (self.rate_ksutps, 1e4), "accuracy": (self.accuracy, 1.0)}
        for name, ((low, high), most) in bounds.items():
            if not 0.0 <= low <= high <= most:
                raise ValueError(f"requirements.{name}={[low, high]} must be two bounds in 0..{most:g}, the lower one first")
        return self


class SemanticScenarioConfig(SettingsModel):
    """Everything that makes two runs of the semantic downlink with the same seed equal."""

    name: str = Field(default="semantic-downlink", min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")
    num_cells: int = Field(default=7, ge=1, le=MAX_CELLS)
    """Sites of a hexagonal grid from the centre outwards: 3 are neighbours of each other, 7 a ring, 19 two rings."""
    site_spacing_m: float = Field(default=400.0, ge=20.0, le=1e4)
    slots_per_epoch: int = Field(default=20, ge=1, le=10_000)
    """The upper layer's choices hold this long."""
    episode_slots: int = Field(default=200, ge=1, le=1_000_000)
    """Users, with their places and requirements, stay this long."""
    power_layer: Literal["upper", "lower"] = "upper"
    """Which layer chooses the power: each epoch with the beam, or each slot with the symbols."""
    num_neighbours: int = Field(default=6, ge=0, le=MAX_CELLS - 1)
    """Nearest other sites of which a user reports what it hears on average."""
    radio: DownlinkRadioConfig = DownlinkRadioConfig()
    users: UsersConfig = UsersConfig()
    semantics: SemanticsConfig = SemanticsConfig()
    requirements: RequirementsConfig = RequirementsConfig()

    @model_validator(mode="after")
    def _epochs_fill_the_episode(self) -> SemanticScenarioConfig:
        if self.episode_slots % self.slots_per_epoch:
            raise ValueError(f"episode_slots={self.episode_slots} must be a multiple of slots_per_epoch={self.slots_per_epoch}")
        return self

    @property
    def num_users(self) -> int:
        """Users of all cells."""
        return self.num_cells * self.users.num_per_cell

    @property
    def link_max_power_w(self) -> float:
        """What one link may have of its base station's power [W]: an equal share."""
        return self.radio.max_power_w / self.users.num_per_cell


def semantic_preset_names() -> list[str]:
    """Names of the semantic scenarios that ship with the package."""
    names = [item.name for item in resources.files("hiercoop.config.semantic_presets").iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_semantic_scenario(name: str, file: Path | None = None, settings: Sequence[str] = ()) -> SemanticScenarioConfig:
    """The named preset, overlaid with a TOML file and then with key=value settings (dotted keys).

    Raises ConfigError for an unknown preset, an unreadable file, an unknown key or a value out of bounds.
    """
    if name not in semantic_preset_names():
        raise ConfigError(f"scenario={name!r} is unknown; choose one of {', '.join(semantic_preset_names())}")
    text = (resources.files("hiercoop.config.semantic_presets") / f"{name}.toml").read_text("utf-8")
    tree = tomllib.loads(text)
    tree.setdefault("name", name)
    return build(SemanticScenarioConfig, overlay(tree, file, settings))
