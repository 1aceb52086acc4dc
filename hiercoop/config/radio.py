"""Radio parameters: Table I of the paper, as the design reads it."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from hiercoop.units import db_to_linear, dbm_to_w

Fading = Literal["iid", "jakes", "ar1"]


class FrozenModel(BaseModel):
    """Base of all that is written down: frozen, unknown keys refused, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SettingsModel(FrozenModel):
    """Base of all configuration: no text and no truth value stands for a number, and no number for a truth value."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = get_args(annotation) or (annotation,)
        if (int in kinds or float in kinds) and isinstance(value, bool | str):
            raise PydanticCustomError("number_type", "must be a number")
        if bool in kinds and not isinstance(value, bool):
            raise PydanticCustomError("bool_type", "must be true or false")
        return value


class BaseStationConfig(SettingsModel):
    """One kind of base station."""

    height_m: float = Field(gt=1.0, le=200.0)
    gain_dbi: float = Field(ge=-20.0, le=60.0)
    noise_figure_db: float = Field(default=5.0, ge=0.0, le=30.0)


class RadioConfig(SettingsModel):
    """Carrier, bands, stations, vehicles and fading."""

    carrier_hz: float = Field(default=2e9, ge=4e8, le=6e9)
    num_bands: int = Field(default=4, ge=1, le=64)
    band_bandwidth_hz: float = Field(default=1e6, ge=1e3, le=1e9)
    tx_power_dbm: float = Field(default=23.0, ge=-40.0, le=60.0)
    noise_power_dbm: float = Field(default=-114.0, ge=-200.0, le=0.0)
    mbs: BaseStationConfig = BaseStationConfig(height_m=25.0, gain_dbi=20.0)
    sbs: BaseStationConfig = BaseStationConfig(height_m=6.0, gain_dbi=5.0)
    vehicle_height_m: float = Field(default=1.5, gt=1.0, le=10.0)
    vehicle_gain_dbi: float = Field(default=3.0, ge=-20.0, le=60.0)
    fading: Fading = "iid"
    slot_duration_s: float = Field(default=1e-3, gt=0.0, le=1.0)
    max_spectral_efficiency_bps_hz: float | None = Field(default=None, gt=0.0)
    sbs_path_loss: Literal["winner-b1", "umi-street-canyon"] | None = None
    """None: WINNER+ B1 on the grid, UMi street canyon on a trace."""

    @property
    def tx_power_w(self) -> float:
        """Transmit power of a vehicle [W]."""
        return dbm_to_w(self.tx_power_dbm)

    @property
    def noise_w(self) -> float:
        """Noise power in one sub-band [W]."""
        return dbm_to_w(self.noise_power_dbm)

    @property
    def tx_over_noise(self) -> float:
        """Transmit power over noise power, linear."""
        return db_to_linear(self.tx_power_dbm - self.noise_power_dbm)
