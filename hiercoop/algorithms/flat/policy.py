"""The policy of a flat learner in the form that its configuration names, and its scores over any batch of cells."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.algorithms.flat.config import FlatConfig
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.nets.mlp_policy import MlpPolicy
from hiercoop.nets.sequential_scorer import ScorerSizes, Scores, SequentialScorer


def make_policy(spec: LocalSpec, config: FlatConfig) -> nn.Module:
    """A fresh policy, shared by all cells."""
    if config.form == "mlp":
        return MlpPolicy(spec, config.mlp.hidden)
    return SequentialScorer(spec, ScorerSizes(1, config.scorer.hidden, config.scorer.worth_weight))


def score_cells(
    policy: nn.Module,
    local: Float[Tensor, "*batch feature"],
    mask: Bool[Tensor, "*batch vehicle choice"],
    noise: Float[Tensor, "*batch vehicle choice"] | None = None,
    forced: Int[Tensor, "*batch vehicle"] | None = None,
) -> Scores:
    """Choices and logits of cells in a batch of any shape; without noise the best choices."""
    batch = mask.shape[:-2]
    rows = mask.reshape(-1, *mask.shape[-2:])
    scores: Scores = policy(
        local.reshape(-1, local.shape[-1]),
        rows,
        torch.zeros(len(rows), dtype=torch.long, device=rows.device),
        local.new_zeros(()).expand(rows.shape) if noise is None else noise.reshape(rows.shape),
        None if forced is None else forced.reshape(rows.shape[:-1]),
    )
    return Scores(scores.choice.reshape(*batch, -1), scores.logits.reshape(mask.shape))
