"""Q_tot: a mixing of the Q_k that never falls when one of them rises (17), for any number of cells."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiercoop.nets.mlp import make_mlp


@dataclass(frozen=True)
class Mixing:
    """How the Q_k of a batch of rows are mixed; the weights of Q_k are never negative."""

    cell_weight: Float[Tensor, "row cell hidden"]
    bias: Float[Tensor, "row hidden"]
    out_weight: Float[Tensor, "row hidden"]
    out_bias: Float[Tensor, "row"]
    is_linear: bool = False

    def mix(self, value: Float[Tensor, "row cell"]) -> Float[Tensor, "row"]:
        """Q_tot of each row."""
        return self._out(self._mixed(value), self.out_weight) + self.out_bias

    def mix_with_one_changed(
        self, value: Float[Tensor, "row cell"], other_values: Float[Tensor, "row cell option"]
    ) -> Float[Tensor, "row cell option"]:
        """Q_tot with the Q_k of one cell replaced by each of its other values."""
        step = (other_values - value.unsqueeze(-1)) / value.shape[1]
        mixed = self._mixed(value)[:, None, None] + self.cell_weight.unsqueeze(2) * step.unsqueeze(-1)
        return self._out(mixed, self.out_weight[:, None, None]) + self.out_bias[:, None, None]

    def _mixed(self, value: Float[Tensor, "row cell"]) -> Float[Tensor, "row hidden"]:
        return (self.cell_weight * value.unsqueeze(-1)).mean(1) + self.bias

    def _out(self, mixed: Float[Tensor, "*batch hidden"], weight: Float[Tensor, "*batch hidden"]) -> Float[Tensor, "*batch"]:
        bent = mixed if self.is_linear else nn.functional.elu(mixed)
        return (bent * weight).mean(-1)


class MonotoneMixer(nn.Module):
    """Mixes the Q_k with weights |h(S, o_k)| that hypernetworks draw from the cells' states; in training only.

    `unit` is what a step of one in the Q_k is worth in Q_tot, about, where the weights are about one.
    """

    def __init__(self, local_size: int, state_size: int, hidden: int, unit: float = 1.0) -> None:
        super().__init__()
        self.sizes = [state_size, local_size]
        self.unit = unit
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
        return self.mixing(local, state).mix(value)

    def mixing(self, local: Float[Tensor, "row cell feature"], state: Float[Tensor, "row cell state"]) -> Mixing:
        """The weights that S and o_k give each row."""
        mean_state = state.mean(1)
        return Mixing(
            cell_weight=self._cell_weight(mean_state, local).abs(),
            bias=self.bias(mean_state),
            out_weight=self.out_weight(mean_state).abs() * self.unit,
            out_bias=self.out_bias(mean_state).squeeze(-1),
        )

    def _cell_weight(
        self, mean_state: Float[Tensor, "row state"], local: Float[Tensor, "row cell feature"]
    ) -> Float[Tensor, "row cell hidden"]:
        """`cell_weight` of S and o_k side by side; S goes through the first layer once a row, not once a cell."""
        first = self.cell_weight[0]
        of_state, of_local = torch.split(first.get_parameter("weight"), self.sizes, 1)
        by_row = nn.functional.linear(mean_state, of_state, first.get_parameter("bias")).unsqueeze(1)
        weight: Tensor = self.cell_weight[1:](by_row + nn.functional.linear(local, of_local))
        return weight


class MeanMixer(nn.Module):
    """No mixing: Q_tot is the mean of the Q_k, plus a value of S; what the monotone mixer is compared with."""

    def __init__(self, state_size: int, hidden: int, unit: float) -> None:
        super().__init__()
        self.unit = unit
        self.out_bias = make_mlp((state_size, hidden, 1))

    def mixing(self, local: Float[Tensor, "row cell feature"], state: Float[Tensor, "row cell state"]) -> Mixing:
        """Equal weights, and the value of S."""
        rows, cells = local.shape[:2]
        return Mixing(
            cell_weight=torch.ones(rows, cells, 1),
            bias=torch.zeros(rows, 1),
            out_weight=torch.full((rows, 1), self.unit),
            out_bias=self.out_bias(state.mean(1)).squeeze(-1),
            is_linear=True,
        )
