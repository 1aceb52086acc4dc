"""What each option would make of a slot, in the cell's own eyes: what power its vehicles would bring to which receiver."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiercoop.nets.local_parts import LocalSpec

NEPERS_PER_UNIT = 4.0
"""An outlook's entries are ln(1 + power over noise) over this: about 1."""


class OptionOutlook(nn.Module):
    """For each option and sub-band: power served at the own SBS, power served at the MBS, and all power that the MBS hears."""

    to_nepers: Tensor
    one_hot: Tensor

    def __init__(self, spec: LocalSpec, num_options: int) -> None:
        super().__init__()
        self.spec = spec
        self.size = num_options * 3 * spec.num_bands
        self.register_buffer("to_nepers", spec.snr_nepers(), persistent=False)
        self.register_buffer("one_hot", torch.eye(2 * spec.num_bands), persistent=False)

    def forward(
        self, local: Float[Tensor, "row feature"], choice: Int[Tensor, "row option vehicle"]
    ) -> Float[Tensor, "row outlook"]:
        """ln(1 + power over noise) / 4, flat; `choice` holds what the vehicles would do under each option."""
        vehicles, bands = self.spec.num_vehicles, self.spec.num_bands
        snr = torch.exp(local @ self.to_nepers - self.spec.SILENT_NEPERS).reshape(-1, 1, vehicles, 2 * bands)
        taken = self.one_hot[choice]
        served = (taken * snr).sum(2)
        at_mbs = snr[..., bands:]
        heard = ((taken[..., :bands] + taken[..., bands:]) * at_mbs).sum(2)
        powers = torch.cat((served, heard), -1)
        return torch.log(powers + 1.0).reshape(-1, self.size) / NEPERS_PER_UNIT
