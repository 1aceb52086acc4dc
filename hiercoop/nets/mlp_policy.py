"""A flat policy without structure: a multilayer perceptron over the local observation, one head of 2M logits a vehicle."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.nets.local_parts import LocalSpec
from hiercoop.nets.mlp import make_mlp
from hiercoop.nets.sequential_scorer import MASKED_LOGIT, Scores


class MlpPolicy(nn.Module):
    """Logits of every vehicle's choices; the vehicles of a cell choose independently of each other."""

    def __init__(self, spec: LocalSpec, hidden: int) -> None:
        super().__init__()
        self.shape = (spec.num_vehicles, 2 * spec.num_bands)
        self.net = make_mlp((spec.size, hidden, hidden, self.shape[0] * self.shape[1]))

    def forward(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        option: Int[Tensor, "row"],
        noise: Float[Tensor, "row vehicle choice"],
        forced: Int[Tensor, "row vehicle"] | None = None,
    ) -> Scores:
        """Choices and logits; `forced` replays given choices instead of choosing. There is one option: it is not looked at."""
        logits = self.net(local).reshape(-1, *self.shape) + torch.where(mask, 0.0, MASKED_LOGIT)
        return Scores((logits + noise).argmax(-1) if forced is None else forced, logits)
