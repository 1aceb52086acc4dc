"""What QMIX's learner can be told."""

from __future__ import annotations

from pydantic import Field

from hiercoop.algorithms.flat.config import MlpConfig, ReplayConfig, ScorerConfig


class QmixConfig(ReplayConfig):
    """All of it."""

    mlp: MlpConfig = MlpConfig(learning_rate=1e-3)
    scorer: ScorerConfig = ScorerConfig(learning_rate=3e-3)
    utility_scale: float = Field(default=0.02, gt=0.0)
    """Units of utility that one unit of the policy's logits stands for at the start; learned from there."""
    mixer_hidden: int = Field(default=32, ge=1, le=256)
    mixer_learning_rate: float = Field(default=1e-3, gt=0.0)
