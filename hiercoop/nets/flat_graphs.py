"""The two graphs that a policy bundle ships where there are no options: one option that never ends, and no features."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


class FlatSbsGraph(nn.Module):
    """`sbs.onnx` (docs/architecture.md): the policy, one feature that is zero, a termination that never comes."""

    def __init__(self, policy: nn.Module) -> None:
        super().__init__()
        self.policy = policy

    def forward(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        option: Int[Tensor, "row"],
        noise: Float[Tensor, "row vehicle choice"],
        hold: Float[Tensor, "row"],
        memory: Float[Tensor, "row 1"],
        present_share: Float[Tensor, "row"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """features, termination, choice, choice_prob, next_memory; probabilities are zero where masked.

        The first and the last are zero, made of inputs that do not matter: the exporter leaves out those that go nowhere.
        """
        scores = self.policy(local, mask, option, noise)
        nothing = (option + hold + present_share) * 0.0
        choice_prob = torch.softmax(scores.logits, -1) * mask
        return nothing.unsqueeze(-1), nothing, scores.choice, choice_prob, memory * 0.0


class FlatEdgeGraph(nn.Module):
    """`edge.onnx` (docs/architecture.md): the one option's value, zero; nobody asks for it."""

    def forward(
        self,
        features: Float[Tensor, "row 1"],
        code: Float[Tensor, "row 1"],
        other_features: Float[Tensor, "row other 1"],
        other_option: Int[Tensor, "row other"],
        other_age: Float[Tensor, "row other"],
        other_distance: Float[Tensor, "row other"],
        other_place: Int[Tensor, "row other"],
        place_at_other: Int[Tensor, "row other"],
        other_mask: Float[Tensor, "row other"],
        hold: Float[Tensor, "row"],
    ) -> Tensor:
        """Zero, made of every input: the exporter leaves out those that do not matter, and a bundle's are agreed."""
        others = other_features.squeeze(-1) + other_option + other_age + other_distance + other_place + place_at_other
        return (features + code + hold.unsqueeze(-1) + (others * other_mask).sum(1, keepdim=True)) * 0.0
