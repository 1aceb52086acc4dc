"""QMIX's networks: utilities of the cells out of the policy's logits, and Q_tot that mixes them."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.algorithms.flat.policy import make_policy, score_cells
from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.nets.mixer import MonotoneMixer


class CellUtility(nn.Module):
    """Q_k of a cell's choices: the mean over the vehicles that have a choice of the logits chosen, times a learned scale.

    Logits are of the order of nats, as the scorer's closed form gives them; what one choice changes in Q_tot is less by orders
    of magnitude. The scale lets both be what they are and keeps the order of the choices.
    """

    def __init__(self, initial_scale: float) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(initial_scale)))

    def forward(
        self,
        logits: Float[Tensor, "*batch vehicle choice"],
        choice: Int[Tensor, "*batch vehicle"],
        has_choice: Bool[Tensor, "*batch vehicle"],
    ) -> Float[Tensor, "*batch"]:
        """Q_k; zero for a cell without a vehicle to serve."""
        chosen = logits.gather(-1, choice.unsqueeze(-1)).squeeze(-1).masked_fill(~has_choice, 0.0)
        mean = chosen.sum(-1) / has_choice.sum(-1).clamp(min=1)
        return mean * self.log_scale.exp()


class QmixNetworks(nn.Module):
    """Policy, utility and mixer, shared by all cells."""

    def __init__(self, spec: LocalSpec, config: QmixConfig) -> None:
        super().__init__()
        self.policy = make_policy(spec, config)
        self.utility = CellUtility(config.utility_scale)
        self.mixer = MonotoneMixer(spec.size, spec.size, config.mixer_hidden)

    def forward(
        self,
        local: Float[Tensor, "row cell feature"],
        mask: Bool[Tensor, "row cell vehicle choice"],
        choice: Int[Tensor, "row cell vehicle"] | None = None,
    ) -> Float[Tensor, "row"]:
        """Q_tot of a joint choice; without one, of each cell's best, which is the best joint choice as far as its Q_k go."""
        scores = score_cells(self.policy, local, mask, forced=choice)
        utility = self.utility(scores.logits, scores.choice, mask.any(-1))
        q_tot: Tensor = self.mixer(utility, local, local)
        return q_tot
