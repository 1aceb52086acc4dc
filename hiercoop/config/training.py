"""A training run: on what, for how long, and how it is watched; the algorithm's own settings are the algorithm's."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from hiercoop.config.load import build, overlay
from hiercoop.config.radio import Fading, SettingsModel
from hiercoop.config.scenario import Drop, ScenarioConfig
from hiercoop.errors import ConfigError

AlgorithmName = Literal["hiercoop", "qmix", "maddpg", "ppo"]


class CurriculumConfig(SettingsModel):
    """What differs from one training iteration to the next, so that one policy serves it all; drawn from (seed, iteration)."""

    full_buffer_share: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share of iterations in which payloads never end."""
    payload_bytes: tuple[float, float] = (40_000.0, 140_000.0)
    """Bounds between which each link's payload is drawn in the other iterations."""
    drops: tuple[Drop, ...] = ("grid", "grid", "grid", "near")
    """Placements of vehicles to draw from."""
    fading: tuple[Fading, ...] = ("iid", "jakes")
    """Kinds of fast fading to draw from."""
    num_sbs: tuple[int, ...] = (1, 2, 3, 3, 3, 3, 3, 4, 6, 12)
    """Numbers of cells to draw from."""
    speeds_mps: tuple[float, ...] = (15.0, 15.0, 5.0, 1.5)
    """Speeds to draw from; they tell where fading is correlated in time."""
    street_share: float = Field(default=0.15, ge=0.0, le=1.0)
    """Share of iterations in which the SBSs stand in a row along one street and serve vehicles near them."""
    street_spacing_m: tuple[float, float] = (25.0, 200.0)
    """Bounds between which the distance of neighbours in that row is drawn, evenly in its logarithm."""
    report_periods: tuple[int, ...] = (0, 0, 1, 1, 1, 1, 5, 20)
    """Slots between joint reports of all cells, drawn from these; 0: each cell reports when its option ends."""

    @model_validator(mode="after")
    def _bounds_rise(self) -> CurriculumConfig:
        low, high = self.payload_bytes
        if not 0.0 <= low <= high <= 1e9:
            raise ValueError(f"curriculum.payload_bytes={[low, high]} must be two bounds in 0..1e9, the lower one first")
        near_m, far_m = self.street_spacing_m
        if not 5.0 <= near_m <= far_m <= 1000.0:
            raise ValueError(
                f"curriculum.street_spacing_m={[near_m, far_m]} must be two bounds in 5..1000, the lower one first"
            )
        return self

    @model_validator(mode="after")
    def _there_is_something_to_draw(self) -> CurriculumConfig:
        if not self.speeds_mps or not all(0.0 <= speed <= 100.0 for speed in self.speeds_mps):
            raise ValueError(f"curriculum.speeds_mps={list(self.speeds_mps)} must name at least one, each in 0..100")
        if not self.num_sbs or min(self.num_sbs) < 1:
            raise ValueError(f"curriculum.num_sbs={list(self.num_sbs)} must name at least one number of cells, each at least 1")
        if not self.drops or not self.fading:
            raise ValueError("curriculum.drops and curriculum.fading must name at least one each")
        if not self.report_periods or min(self.report_periods) < 0:
            raise ValueError(f"curriculum.report_periods={list(self.report_periods)} must name at least one, each at least 0")
        return self


class ValidationConfig(SettingsModel):
    """How a policy in training is judged: its best choices, on drops of its own, never on those of an evaluation."""

    every_iterations: int = Field(default=20, ge=1)
    num_envs: int = Field(default=64, ge=1)
    seed: int = Field(default=500_000, ge=0, lt=1_000_000)
    """Evaluation seeds begin at 1,000,000."""
    payload_bytes: float = Field(default=87_500.0, gt=0.0, le=1e9)


class TrainingConfig(SettingsModel):
    """Everything that makes two training runs equal."""

    scenario: ScenarioConfig = ScenarioConfig()
    algorithm: AlgorithmName = "hiercoop"
    preset: str = "fast"
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    iterations: int = Field(default=120, ge=1)
    """One delivery round of every environment each."""
    num_envs: int = Field(default=32, ge=1, le=65_536)
    checkpoint_every_iterations: int = Field(default=20, ge=1)
    num_threads: int = Field(default=1, ge=1, le=256)
    curriculum: CurriculumConfig = CurriculumConfig()
    validation: ValidationConfig = ValidationConfig()
    hyperparameters: dict[str, JsonValue] = Field(default_factory=dict)
    """The algorithm's settings; what is not named has the algorithm's default."""


def training_preset_names() -> list[str]:
    """Names of the training presets that ship with the package."""
    names = [item.name for item in resources.files("hiercoop.config.training_presets").iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_training(
    preset: str,
    scenario: ScenarioConfig,
    seed: int,
    file: Path | None = None,
    settings: Sequence[str] = (),
    algorithm: AlgorithmName = "hiercoop",
) -> TrainingConfig:
    """The named training preset on a scenario, overlaid with a TOML file and then with key=value settings (dotted keys).

    A preset's hyperparameters stand under the name of the algorithm that they are for; a file's and the settings' are for the
    algorithm that is trained. Raises ConfigError for an unknown preset, an unreadable file, an unknown key or a value out of
    bounds.
    """
    if preset not in training_preset_names():
        raise ConfigError(f"training preset={preset!r} is unknown; choose one of {', '.join(training_preset_names())}")
    text = (resources.files("hiercoop.config.training_presets") / f"{preset}.toml").read_text("utf-8")
    asked = {"preset": preset, "seed": seed, "algorithm": algorithm, "scenario": scenario.model_dump(exclude_none=True)}
    tree = tomllib.loads(text) | asked
    tree["hyperparameters"] = tree.get("hyperparameters", {}).get(algorithm, {})
    config = build(TrainingConfig, overlay(tree, file, settings))
    if config.algorithm != algorithm:
        raise ConfigError(f"algorithm={config.algorithm!r} in the configuration must be the one asked for, {algorithm!r}")
    return config
