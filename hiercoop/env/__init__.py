"""The environment, its observations and outcomes."""

from hiercoop.env.hetnet import HetNetEnv
from hiercoop.env.types import (
    ChannelState,
    Observation,
    ObservationLayout,
    RewardTerms,
    SlotMeasurement,
    StepOutcome,
)

__all__ = [
    "ChannelState",
    "HetNetEnv",
    "Observation",
    "ObservationLayout",
    "RewardTerms",
    "SlotMeasurement",
    "StepOutcome",
]
