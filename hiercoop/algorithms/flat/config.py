"""What QMIX, MADDPG and PPO can all be told: the form of their policy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hiercoop.config.radio import FrozenModel


class MlpConfig(FrozenModel):
    """A multilayer perceptron over the local observation."""

    hidden: int = Field(default=64, ge=1, le=1024)
    learning_rate: float = Field(default=1e-3, gt=0.0)


class ScorerConfig(FrozenModel):
    """The sequential scorer that HierCoop uses, with one option."""

    hidden: int = Field(default=16, ge=1, le=256)
    worth_weight: float = Field(default=3.0, ge=0.0, le=100.0)
    """How strongly the scorer leans on the closed-form worth of a choice at the start; learned from there."""
    learning_rate: float = Field(default=1e-3, gt=0.0)


class FlatConfig(FrozenModel):
    """A policy without options, in one of two forms, each with its own size and learning rate."""

    form: Literal["mlp", "scorer"] = "scorer"
    mlp: MlpConfig = MlpConfig()
    scorer: ScorerConfig = ScorerConfig()
    max_gradient_norm: float = Field(default=1.0, gt=0.0)

    @property
    def policy_learning_rate(self) -> float:
        """Learning rate of the form in use."""
        return self.mlp.learning_rate if self.form == "mlp" else self.scorer.learning_rate
