"""What PPO's learner can be told."""

from __future__ import annotations

from pydantic import Field

from hiercoop.algorithms.flat.config import FlatConfig, MlpConfig, ScorerConfig


class PpoConfig(FlatConfig):
    """All of it; learning rates and the entropy weight fall linearly to a tenth."""

    mlp: MlpConfig = MlpConfig(learning_rate=6e-3)
    scorer: ScorerConfig = ScorerConfig(learning_rate=5e-3)
    value_hidden: int = Field(default=64, ge=1, le=1024)
    value_learning_rate: float = Field(default=1e-3, gt=0.0)
    epochs: int = Field(default=4, ge=1)
    minibatches: int = Field(default=4, ge=1)
    gae_lambda: float = Field(default=0.5, ge=0.0, le=1.0)
    clip: float = Field(default=0.2, gt=0.0)
    entropy_weight: float = Field(default=0.01, ge=0.0)
