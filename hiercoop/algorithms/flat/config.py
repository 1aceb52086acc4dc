"""What QMIX, MADDPG and PPO can all be told: the form of their policy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hiercoop.config.radio import SettingsModel


class MlpConfig(SettingsModel):
    """A multilayer perceptron over the local observation."""

    hidden: int = Field(default=64, ge=1, le=1024)
    learning_rate: float = Field(default=1e-3, gt=0.0)


class ScorerConfig(SettingsModel):
    """The sequential scorer that HierCoop uses, with one option."""

    hidden: int = Field(default=16, ge=1, le=256)
    worth_weight: float = Field(default=3.0, ge=0.0, le=100.0)
    """How strongly the scorer leans on the closed-form worth of a choice at the start; learned from there."""
    learning_rate: float = Field(default=1e-3, gt=0.0)


class FlatConfig(SettingsModel):
    """A policy without options, in one of two forms, each with its own size and learning rate."""

    form: Literal["mlp", "scorer"] = "scorer"
    mlp: MlpConfig = MlpConfig()
    scorer: ScorerConfig = ScorerConfig()
    max_gradient_norm: float = Field(default=1.0, gt=0.0)

    @property
    def policy_learning_rate(self) -> float:
        """Learning rate of the form in use."""
        return self.mlp.learning_rate if self.form == "mlp" else self.scorer.learning_rate


class ReplayConfig(FlatConfig):
    """A learner that goes over past rounds again and again, with target networks."""

    replay_rollouts: int = Field(default=16, ge=1)
    batch_rounds: int = Field(default=16, ge=1)
    """Whole delivery rounds of one gradient step."""
    updates_per_round: float = Field(default=0.5, gt=0.0)
    """Gradient steps for each delivery round that was gathered; at least one a rollout."""
    target_rate: float = Field(default=0.01, gt=0.0, le=1.0)
    """Share of the online networks that the target networks take over at each gradient step."""
    epsilon_start: float = Field(default=0.5, ge=0.0, le=1.0)
    epsilon_end: float = Field(default=0.05, ge=0.0, le=1.0)
    epsilon_anneal_share: float = Field(default=0.35, gt=0.0, le=1.0)
    """Share of the training over which epsilon falls."""

    def epsilon(self, progress: float) -> float:
        """Share of the vehicles' choices that are drawn evenly, at this share of the training."""
        done = min(1.0, progress / self.epsilon_anneal_share)
        return self.epsilon_start + (self.epsilon_end - self.epsilon_start) * done

    def num_updates(self, num_rounds: int) -> int:
        """Gradient steps after so many fresh rounds."""
        return max(1, round(self.updates_per_round * num_rounds))
