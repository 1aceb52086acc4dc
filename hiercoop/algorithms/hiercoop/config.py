"""What HierCoop's learner can be told; defaults are those of the `fast` preset."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hiercoop.config.radio import SettingsModel


class NetworkConfig(SettingsModel):
    """Sizes of the networks (design, section 5)."""

    num_options: int = Field(default=8, ge=1, le=256)
    num_features: int = Field(default=16, ge=1, le=1024)
    code_size: int = Field(default=4, ge=1, le=64)
    encoder_hidden: int = Field(default=64, ge=1, le=1024)
    scorer_hidden: int = Field(default=16, ge=1, le=256)
    values_hidden: int = Field(default=64, ge=1, le=1024)
    mixer_hidden: int = Field(default=16, ge=1, le=256)
    mixing: Literal["monotone", "mean"] = "monotone"
    """How Q_tot comes of the Q_k (17); `mean` mixes nothing."""
    sees_others: bool = True
    """False: an option is valued without the other cells' features and options."""
    value_unit: float = Field(default=2.5e-3, gt=0.0)
    """What a step of one in Q_k is worth in Q_tot, about: at a discount of 0.95, 5 Mbit/s more in one slot."""
    worth_weight: float = Field(default=3.0, ge=0.0, le=100.0)
    """How strongly the scorer leans on the closed-form worth of a choice at the start; learned from there."""


class CriticConfig(SettingsModel):
    """Option values and their mixing, from replay (18)."""

    learning_rate: float = Field(default=4e-3, gt=0.0)
    """At the start; falls linearly to a tenth of it."""
    batch_size: int = Field(default=768, ge=1)
    """Slots of cells in a batch."""
    updates: int = Field(default=48, ge=1)
    """Gradient steps an iteration."""
    replay_rollouts: int = Field(default=8, ge=1)
    target_rate: float = Field(default=0.01, gt=0.0, le=1.0)
    """Share of the online networks that the target networks take over at each gradient step."""
    difference_weight: float = Field(default=1.0, ge=0.0)
    """Weight of what each option would have brought in the slot (counterfactual), in units of Q_k; 0: (18) alone."""
    lasting_weight: float = Field(default=0.1, ge=0.0)
    """The same weight where options run to their end, in parts; 1/n where all cells report every n slots, but no less."""


class ActorConfig(SettingsModel):
    """Intra-option policies, from fresh rollouts (15): clipped surrogate (PPO) with one GAE advantage."""

    learning_rate: float = Field(default=2e-3, gt=0.0)
    """At the start; falls linearly to a tenth of it, as the entropy weight does."""
    share: float = Field(default=0.25, gt=0.0, le=1.0)
    """Share of iterations from whose rollouts the policies learn; in the others the best choices are taken."""
    epochs: int = Field(default=1, ge=1)
    minibatches: int = Field(default=3, ge=1)
    gae_lambda: float = Field(default=0.5, ge=0.0, le=1.0)
    num_alternatives: int = Field(default=3, ge=0, le=64)
    """Draws a cell and slot of the counterfactual baseline; 0: the joint advantage alone."""
    future_weight: float = Field(default=0.05, ge=0.0)
    """Share of the joint advantage beside the difference that a cell makes in the slot itself."""
    clip: float = Field(default=0.2, gt=0.0)
    entropy_weight: float = Field(default=0.001, ge=0.0)


class OptionConfig(SettingsModel):
    """When options end and which follow (13), (16)."""

    max_option_slots: int = Field(default=20, ge=1, le=100_000)
    terminates: bool = True
    """False: options end at their maximum length only."""
    termination_learning_rate: float = Field(default=2e-3, gt=0.0)
    initial_termination_prob: float = Field(default=0.1, gt=0.0, lt=1.0)
    signalling_cost_per_byte: float = Field(default=5e-5, ge=0.0)
    """xi: reward that a byte between an SBS and the edge costs; the deliberation cost."""
    epsilon_start: float = Field(default=0.3, ge=0.0, le=1.0)
    epsilon_end: float = Field(default=0.02, ge=0.0, le=1.0)
    epsilon_anneal_share: float = Field(default=0.35, gt=0.0, le=1.0)
    """Share of the training over which epsilon falls."""


class HierCoopConfig(SettingsModel):
    """All of it."""

    network: NetworkConfig = NetworkConfig()
    critic: CriticConfig = CriticConfig()
    actor: ActorConfig = ActorConfig()
    option: OptionConfig = OptionConfig()
    optimizer: Literal["adam", "rmsprop"] = "adam"
    max_gradient_norm: float = Field(default=1.0, gt=0.0)

    @property
    def report_bytes(self) -> int:
        """Bytes that one report and its answer cost: fp32 features, both protobuf messages' fields, HTTP/2 framing."""
        return 4 * self.network.num_features + MESSAGE_FIELD_BYTES + HTTP2_FRAMING_BYTES


MESSAGE_FIELD_BYTES = 80
"""FeatureReport without its features (about 50) and OptionDecision (about 30)."""
HTTP2_FRAMING_BYTES = 28
"""DATA header and gRPC prefix of one message each way (design, section 7)."""
