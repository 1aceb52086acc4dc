"""Q_tot: a mixing of the Q_k that never falls when one of them rises (17), for any number of cells."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiercoop.nets.mlp import make_mlp


class MonotoneMixer(nn.Module):
    """Mixes the Q_k with weights |h(S, o_k)| that hypernetworks draw from the cells' states; in training only."""

    def __init__(self, local_size: int, state_size: int, hidden: int) -> None:
        super().__init__()
        self.sizes = [state_size, local_size]
        self.cell_weight = make_mlp((state_size + local_size, hidden, hidden))
        self.bias = nn.Linear(state_size, hidden)
        self.out_weight = make_mlp((state_size, hidden, hidden))
        self.out_bias = make_mlp((state_size, hidden, 1))

    def forward(
        self,
        value: Float[Tensor, "row cell"],
        local: Float[Tensor, "row cell feature"],
        state: Float[Tensor, "row cell state"],
    ) -> Float[Tensor, "row"]:
        """Q_tot of each row; `state` holds (o_k, w_k, age_k), and S is its mean over the cells."""
        mean_state = state.mean(1)
        weight = self._cell_weight(mean_state, local).abs()
        mixed = (weight * value.unsqueeze(-1)).mean(1) + self.bias(mean_state)
        out = nn.functional.elu(mixed) * self.out_weight(mean_state).abs()
        q_tot: Tensor = out.mean(-1) + self.out_bias(mean_state).squeeze(-1)
        return q_tot

    def _cell_weight(
        self, mean_state: Float[Tensor, "row state"], local: Float[Tensor, "row cell feature"]
    ) -> Float[Tensor, "row cell hidden"]:
        """`cell_weight` of S and o_k side by side; S goes through the first layer once a row, not once a cell."""
        first = self.cell_weight[0]
        of_state, of_local = torch.split(first.get_parameter("weight"), self.sizes, 1)
        by_row = nn.functional.linear(mean_state, of_state, first.get_parameter("bias")).unsqueeze(1)
        weight: Tensor = self.cell_weight[1:](by_row + nn.functional.linear(local, of_local))
        return weight
