"""Option values by how decisions hold: networks of their own for those of one slot and for those that last."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiercoop.nets.option_values import OptionValues, Others, ValueSizes

LASTS_BELOW = 0.5
"""Hold from which on a decision counts as one of a single slot: two slots are like one, five are not (docs/learning.md)."""


class ValuesByHold(nn.Module):
    """Q_k as `OptionValues` has it, by one of two networks.

    What an option is worth for one slot can be learned almost exactly. What it is worth while it lasts cannot, for want of
    knowing what comes; in one network the noise of the second would blur the first.
    """

    def __init__(self, sizes: ValueSizes, sees_others: bool = True) -> None:
        super().__init__()
        self.of_one_slot = OptionValues(sizes, sees_others)
        self.while_it_lasts = OptionValues(sizes, sees_others)

    def forward(
        self,
        features: Float[Tensor, "row feature"],
        code: Float[Tensor, "row code"],
        others: Others,
        hold: Float[Tensor, "row"],
    ) -> Float[Tensor, "row option"]:
        """Q_k of each option; `hold` is 1/n where all cells decide together every n slots, 0 where options run to their end."""
        lasts = hold < LASTS_BELOW
        if not lasts.any():
            return self._values(self.of_one_slot, features, code, others, hold)
        if lasts.all():
            return self._values(self.while_it_lasts, features, code, others, hold)
        values = torch.empty(len(hold), self.of_one_slot.sizes.num_options)
        for network, chosen in ((self.of_one_slot, ~lasts), (self.while_it_lasts, lasts)):
            rows = chosen.nonzero().squeeze(-1)
            values = values.index_copy(0, rows, self._values(network, features[rows], code[rows], others.at(rows), hold[rows]))
        return values

    @staticmethod
    def _values(
        network: OptionValues,
        features: Float[Tensor, "row feature"],
        code: Float[Tensor, "row code"],
        others: Others,
        hold: Float[Tensor, "row"],
    ) -> Float[Tensor, "row option"]:
        values: Tensor = network(features, code, others, hold)
        return values
