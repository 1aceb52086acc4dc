"""phi: the abstract channel state features z_k, the same arithmetic for every sub-band and for every vehicle."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiercoop.nets.band_features import BandFeatures
from hiercoop.nets.local_parts import LocalSpec


class BandEncoder(nn.Module):
    """z_k of what a cell sees: its observation o_k, the outlook of every kind of option (`option_outlook`) and its average.

    What matters of it depends on how long options hold: one that lasts outlives the slot's fading.

    Vehicles enter as a sum, so that their order does not matter; sub-bands share their weights, and each sees the mean of
    all: with the sub-bands of an observation exchanged, those of z_k are.
    """

    vehicle_columns: Tensor
    band_columns: Tensor

    def __init__(self, spec: LocalSpec, outlook_per_band: int, hidden: int, num_features: int) -> None:
        super().__init__()
        self.spec = spec
        self.parts = BandFeatures(num_features, spec.num_bands)
        vehicle_columns, band_columns = _vehicle_columns(spec), _band_columns(spec)
        self.outlook_per_band, self.levels_per_band = outlook_per_band, band_columns.shape[-1]
        per_vehicle = max(1, hidden // 2)
        self.vehicle_layer = nn.Linear(vehicle_columns.shape[-1], per_vehicle)
        self.band_layer = nn.Linear(per_vehicle + self.levels_per_band + 2 * outlook_per_band + 1, hidden)
        self.alone_layer = nn.Linear(hidden, hidden)
        self.among_layer = nn.Linear(hidden, hidden, bias=False)
        self.band_out = nn.Linear(hidden, self.parts.per_band)
        self.common_out = nn.Linear(hidden, self.parts.common)
        self.register_buffer("vehicle_columns", vehicle_columns.flatten(), persistent=False)
        self.register_buffer("band_columns", band_columns.flatten(), persistent=False)

    def forward(self, sight: Float[Tensor, "*batch sight"], hold: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch z"]:
        """z_k in (-1, 1): the sub-bands' features, then the common ones; `hold` as for the option values."""
        by_band = (*sight.shape[:-1], self.spec.num_bands)
        vehicles = sight[..., self.vehicle_columns].reshape(*by_band, self.spec.num_vehicles, self.vehicle_layer.in_features)
        together = torch.relu(self.vehicle_layer(vehicles)).sum(-2)
        level = sight[..., self.band_columns].reshape(*by_band, self.levels_per_band)
        outlooks = sight[..., self.spec.size :].reshape(*sight.shape[:-1], 2, self.spec.num_bands, self.outlook_per_band)
        held = hold.reshape(*hold.shape, 1, 1).expand(*by_band, 1)
        seen = torch.cat((together, level, *outlooks.unbind(-3), held), -1)
        alone = torch.relu(self.band_layer(seen))
        hidden = torch.relu(self.alone_layer(alone) + self.among_layer(alone.mean(-2, keepdim=True)))
        z = torch.cat((self.band_out(hidden).flatten(-2), self.common_out(hidden.mean(-2))), -1)
        return torch.tanh(z)


def _vehicle_columns(spec: LocalSpec) -> Int[Tensor, "band vehicle column"]:
    """Where it stands what is known of each vehicle on each sub-band."""
    shape = (spec.num_bands, spec.num_vehicles)
    columns = [spec.positions(name).expand(shape) for name in ("is_active", "payload_left", "needed_rate")]
    if "gain" in spec.shapes:
        columns += list(spec.positions("gain").permute(1, 2, 0))
        columns += [place.expand(shape) for place in spec.positions("mean_gain").T]
    return torch.stack(columns, -1)


def _band_columns(spec: LocalSpec) -> Int[Tensor, "band column"]:
    """Where it stands what is heard on each sub-band, and the time left."""
    columns = [*spec.positions("interference"), *spec.positions("interference_mean")]
    columns.append(spec.positions("time_left").expand(spec.num_bands))
    return torch.stack(columns, -1)
