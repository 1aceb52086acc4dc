"""The centralised value V(S) of flat PPO."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from hiercoop.nets.mlp import make_mlp


class JointValue(nn.Module):
    """V(S) from the mean over the cells of an encoding of each: any number of cells, in any order."""

    def __init__(self, local_size: int, hidden: int) -> None:
        super().__init__()
        self.encoder = make_mlp((local_size, hidden, hidden))
        self.head = make_mlp((hidden, hidden, 1))

    def forward(self, local: Float[Tensor, "*batch cell feature"]) -> Float[Tensor, "*batch"]:
        """V of each joint observation, in units of the scaled return."""
        value: Tensor = self.head(self.encoder(local).relu().mean(-2)).squeeze(-1)
        return value
