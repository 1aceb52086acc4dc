"""What jobs come to; NaN is written as null."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float64

from hiercoop.config.radio import FrozenModel
from hiercoop.execution.bundle import PolicyBundle, bundle_from_files

SIGNIFICANT_DIGITS = 7

Samples = tuple[float | None, ...]


class TrainResult(FrozenModel):
    """What a training left: its metrics by iteration and its bundle, whole, so that it can be used on any machine."""

    run_dir: str
    iterations: int
    best_iteration: int
    best_score: float
    episodes_per_iteration: int
    metrics: dict[str, Samples]
    """By name, one value an iteration; null where an iteration did not tell it."""
    files_base64: dict[str, str]

    def bundle(self) -> PolicyBundle:
        """The bundle of the policy that validated best."""
        return bundle_from_files({name: base64.b64decode(text) for name, text in self.files_base64.items()})


class EvaluateResult(FrozenModel):
    """Delivery rounds one by one, and what all of them cost together."""

    metrics: dict[str, Samples]
    """Names of `training.round_tally.METRICS`, one value an episode."""
    link_capacity_bps: tuple[Samples, ...] = ()
    """A row an episode, a value a link; empty unless the job keeps links."""
    link_time_to_deliver_s: tuple[Samples, ...] = ()
    signalling_per_slot: dict[str, float | None]
    """payload_bytes_per_slot, http2_bytes_per_slot, link_bytes_per_slot, reports_per_slot."""
    option_share: tuple[float, ...]


class SwitchResult(FrozenModel):
    """A run around a switch of payload."""

    switch_slot: int
    """First slot of the first round under the new payload."""
    round_slots: int
    option_share: tuple[tuple[float, ...], ...]
    """A row a slot, a value an option: share of the cells under it."""
    goodput_bps: Samples
    """Delivered bits over the slot's duration, all links, a value a slot."""
    delivery_success: Samples
    """A value a round."""


class PayloadSearchResult(FrozenModel):
    """Where a policy delivers to the wanted share."""

    payload_bytes: float
    tried: tuple[tuple[float, float], ...]
    """Payload and delivery success of each trial, in their order."""


Result = TrainResult | EvaluateResult | SwitchResult | PayloadSearchResult
RESULT_TYPES: Mapping[str, type[Result]] = {
    "train": TrainResult,
    "evaluate": EvaluateResult,
    "switch": SwitchResult,
    "payload-search": PayloadSearchResult,
}


def as_samples(values: Iterable[float]) -> Samples:
    """The values to seven digits, null for what is no number."""
    return tuple(None if math.isnan(value) else float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in values)


def as_array(samples: Samples) -> Float64[np.ndarray, "sample"]:
    """The values again, NaN for null."""
    return np.array([math.nan if value is None else value for value in samples], np.float64)
