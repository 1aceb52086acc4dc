"""Option values Q_k(z_k, {z_j, w_j, age_j, distance_j}, code_k, hold, w), invariant to the order of the other cells (11)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiercoop.nets.mlp import make_mlp

HALF_AGE_SLOTS = 5.0
DISTANCE_SCALE_M = 500.0
"""Ages enter as age / (age + the first), distances over the second. No logarithm: ONNX Runtime rounds its last elements
otherwise than the rest, so that a row's bits would depend on how many rows go with it."""


@dataclass(frozen=True)
class Others:
    """What the edge holds of the other cells; absent ones are masked and may hold anything finite."""

    features: Float[Tensor, "row other feature"]
    option: Int[Tensor, "row other"]
    age: Float[Tensor, "row other"]
    """Slots since the option began, as far as the edge knows; 0 where it is being decided in this very slot."""
    distance: Float[Tensor, "row other"]
    """Distance between the two sites [m]."""
    mask: Float[Tensor, "row other"]
    """1 where known, 0 where absent."""


class OptionValues(nn.Module):
    """Q_k of every option. Each other cell is seen beside the own one and what was seen is added up, for any number of them."""

    option_one_hot: Tensor

    def __init__(self, num_features: int, num_options: int, code_size: int, hidden: int, sees_others: bool = True) -> None:
        super().__init__()
        self.num_options = num_options
        self.others_weight = 1.0 if sees_others else 0.0
        self.register_buffer("option_one_hot", torch.eye(num_options), persistent=False)
        self.pair_net = make_mlp((2 * num_features + num_options + 3, hidden, hidden))
        self.value_net = make_mlp((num_features + code_size + hidden + 1, hidden, num_options))

    def forward(
        self,
        features: Float[Tensor, "row feature"],
        code: Float[Tensor, "row code"],
        others: Others,
        hold: Float[Tensor, "row"],
    ) -> Float[Tensor, "row option"]:
        """Q_k of each option; `hold` is 1/n where all cells decide together every n slots, 0 where options run to their end."""
        num_others = others.features.shape[1]
        age = (others.age / (others.age + HALF_AGE_SLOTS)).unsqueeze(-1)
        distance = others.distance.unsqueeze(-1) / DISTANCE_SCALE_M
        own = features.unsqueeze(1).expand(-1, num_others, -1)
        held = hold.reshape(-1, 1, 1).expand(-1, num_others, 1)
        inputs = torch.cat((own, others.features, self.option_one_hot[others.option], age, distance, held), -1)
        seen = self.pair_net(inputs)
        # A product, not a sum over an axis: its order of summation does not depend on the number of rows.
        total = (others.mask.unsqueeze(1) @ seen).squeeze(1) * self.others_weight
        values: Tensor = self.value_net(torch.cat((features, code, total, hold.unsqueeze(-1)), -1))
        return values
