"""Quality of experience: how far a user gets the rate and the accuracy that it wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiercoop.traffic.semantic.requirements import Requirements


@dataclass(frozen=True)
class Quality:
    """Quality of experience of each user and its two parts, weights included: total = rate + accuracy."""

    total: Float32[np.ndarray, "*user"]
    rate: Float32[np.ndarray, "*user"]
    accuracy: Float32[np.ndarray, "*user"]

    def transposed(self) -> Quality:
        """The same with the axes of each array reversed."""
        return Quality(self.total.T, self.rate.T, self.accuracy.T)


def quality_of_experience(
    rate_ksutps: Float32[np.ndarray, "*user"], accuracy: Float32[np.ndarray, "*user"], requirements: Requirements
) -> Quality:
    """Quality of experience in [0, 1]: w / (1 + exp(beta (phi_req - phi))) + (1 - w) / (1 + exp(lambda (xi_req - xi))).

    Yu et al., IEEE TVT 2025. Rates are in ksut/s, those required too.
    """
    wanted = requirements
    rate_part = wanted.weight * _logistic(wanted.rate_slope * (rate_ksutps - wanted.rate_ksutps))
    accuracy_part = (np.float32(1.0) - wanted.weight) * _logistic(wanted.accuracy_slope * (accuracy - wanted.accuracy))
    return Quality(rate_part + accuracy_part, rate_part, accuracy_part)


def _logistic(value: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """1 / (1 + exp(-value)), written so that no value overflows."""
    half = np.float32(0.5)
    logistic: Float32[np.ndarray, "*shape"] = half + half * np.tanh(half * value)
    return logistic
