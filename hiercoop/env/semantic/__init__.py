"""The semantic downlink: environment, observations, actions and outcomes."""

from hiercoop.env.semantic.downlink import SemanticDownlinkEnv
from hiercoop.env.semantic.types import (
    ActionMask,
    DownlinkAction,
    DownlinkLayout,
    DownlinkMeasurement,
    DownlinkObservation,
    DownlinkOutcome,
)

__all__ = [
    "ActionMask",
    "DownlinkAction",
    "DownlinkLayout",
    "DownlinkMeasurement",
    "DownlinkObservation",
    "DownlinkOutcome",
    "SemanticDownlinkEnv",
]
