"""What MADDPG's learner can be told."""

from __future__ import annotations

from pydantic import Field

from hiercoop.algorithms.flat.config import MlpConfig, ReplayConfig, ScorerConfig


class MaddpgConfig(ReplayConfig):
    """All of it; it explores by drawing from its policy, and by an even share of choices beside."""

    mlp: MlpConfig = MlpConfig(learning_rate=3e-4)
    scorer: ScorerConfig = ScorerConfig(learning_rate=1e-3)
    batch_rounds: int = Field(default=8, ge=1)
    epsilon_start: float = Field(default=0.1, ge=0.0, le=1.0)
    epsilon_end: float = Field(default=0.02, ge=0.0, le=1.0)
    critic_hidden: int = Field(default=64, ge=1, le=1024)
    critic_learning_rate: float = Field(default=1e-3, gt=0.0)
    temperature: float = Field(default=1.0, gt=0.0)
    """Of the softmax whose gradient stands for that of a choice."""
    entropy_weight: float = Field(default=0.001, ge=0.0)
    """Falls linearly to a tenth, as the learning rates do."""
    mlp_entropy_weight: float = Field(default=0.003, ge=0.0)
    """The same for an MLP, which otherwise settles on one choice before its critic knows better."""

    @property
    def form_entropy_weight(self) -> float:
        """Entropy weight of the form in use."""
        return self.mlp_entropy_weight if self.form == "mlp" else self.entropy_weight
