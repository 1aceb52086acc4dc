"""The centralised critic of MADDPG."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiercoop.nets.mlp import make_mlp


class JointCritic(nn.Module):
    """Q_k(S, a_1..a_K) of every cell: its own encoding beside the mean over all cells', so any number of them in any order."""

    def __init__(self, local_size: int, action_size: int, hidden: int) -> None:
        super().__init__()
        self.encoder = make_mlp((local_size + action_size, hidden, hidden))
        self.head = make_mlp((2 * hidden, hidden, 1))

    def forward(
        self, local: Float[Tensor, "*batch cell feature"], action: Float[Tensor, "*batch cell action"]
    ) -> Float[Tensor, "*batch cell"]:
        """Q_k of a joint action, each cell's as its vehicles' one-hot choices."""
        encoded = self._encoded(local, action)
        return self._valued(encoded, encoded.mean(-2, keepdim=True).expand_as(encoded))

    def of_own(
        self,
        local: Float[Tensor, "*batch cell feature"],
        action: Float[Tensor, "*batch cell action"],
        own: Float[Tensor, "*batch cell action"],
    ) -> Float[Tensor, "*batch cell"]:
        """Q_k of every cell k had it acted as in `own` and all others as in `action`."""
        acted, other = self._encoded(local, action), self._encoded(local, own)
        mean = acted.mean(-2, keepdim=True) + (other - acted) / acted.shape[-2]
        return self._valued(other, mean)

    def _encoded(self, local: Tensor, action: Tensor) -> Float[Tensor, "*batch cell hidden"]:
        encoded: Tensor = self.encoder(torch.cat((local, action), -1)).relu()
        return encoded

    def _valued(self, encoded: Tensor, mean: Tensor) -> Float[Tensor, "*batch cell"]:
        value: Tensor = self.head(torch.cat((encoded, mean), -1)).squeeze(-1)
        return value
