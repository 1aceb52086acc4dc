"""What each option would make of a slot, in the cell's own eyes: what power its vehicles would bring to which receiver."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiercoop.nets.band_plans import band_plans, plan_kinds
from hiercoop.nets.local_parts import LocalSpec

NEPERS_PER_UNIT = 4.0
"""An outlook's entries are ln(1 + power over noise) over this: about 1."""


class OptionOutlook(nn.Module):
    """For each sub-band: power served at the own SBS and at the MBS, all that the MBS hears, and all that each neighbour hears.

    Of every kind of option as the sub-band sees it (`band_plans.plan_kinds`), averaged over the options of that kind.
    """

    to_nepers: Tensor
    one_hot: Tensor
    to_kinds: Tensor
    neighbours: Tensor

    def __init__(self, spec: LocalSpec, num_options: int) -> None:
        super().__init__()
        self.spec = spec
        kinds = plan_kinds(band_plans(num_options, spec.num_bands))
        self.num_powers = 3 + spec.num_neighbours
        self.per_band = len(kinds) * self.num_powers
        self.size = spec.num_bands * self.per_band
        self.register_buffer("to_nepers", spec.snr_nepers(), persistent=False)
        self.register_buffer("one_hot", torch.eye(2 * spec.num_bands), persistent=False)
        to_kinds = torch.einsum("kbo,bc,pq->opbckq", kinds, torch.eye(spec.num_bands), torch.eye(self.num_powers))
        flat = to_kinds.reshape(num_options * self.num_powers * spec.num_bands, self.size)
        neighbours = spec.neighbour_positions() if spec.num_neighbours else torch.zeros(0, dtype=torch.long)
        self.register_buffer("neighbours", neighbours, persistent=False)
        self.register_buffer("to_kinds", flat / NEPERS_PER_UNIT, persistent=False)

    def forward(
        self, local: Float[Tensor, "row feature"], choice: Int[Tensor, "row option vehicle"]
    ) -> Float[Tensor, "row outlook"]:
        """ln(1 + power over noise) / 4 by sub-band, kind and power, flat; `choice`: what the vehicles would do by option."""
        vehicles, bands = self.spec.num_vehicles, self.spec.num_bands
        snr = torch.exp(local @ self.to_nepers - self.spec.SILENT_NEPERS).reshape(-1, 1, vehicles, 2 * bands)
        taken = self.one_hot[choice]
        served = (taken * snr).sum(2)
        on_band = taken[..., :bands] + taken[..., bands:]
        heard = (on_band * snr[..., bands:]).sum(2)
        powers = torch.cat((served, heard), -1)
        if self.spec.num_neighbours:
            # Observed as 10 log10(1 + power over noise), zero for silent vehicles.
            above_noise = torch.exp(local.index_select(1, self.neighbours) * self.spec.nepers_per_unit) - 1.0
            by_place = above_noise.reshape(-1, 1, vehicles, self.spec.num_neighbours).transpose(2, 3)
            powers = torch.cat((powers, (by_place @ on_band).flatten(2)), -1)
        return torch.log(powers + 1.0).flatten(1) @ self.to_kinds
