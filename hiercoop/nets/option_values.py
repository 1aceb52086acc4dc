"""Option values Q_k(z_k, {z_j, w_j, age_j, distance_j}, code_k, hold, w), invariant to the order of the other cells (11)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiercoop.nets.band_features import BandFeatures
from hiercoop.nets.band_plans import band_plans, plan_marks
from hiercoop.nets.mlp import make_mlp

HALF_AGE_SLOTS = 5.0
DISTANCE_SCALE_M = 500.0
"""Ages enter as age / (age + the first), distances over the second. No logarithm: ONNX Runtime rounds its last elements
otherwise than the rest, so that a row's bits would depend on how many rows go with it."""


@dataclass(frozen=True)
class Others:
    """What the edge holds of the other cells; absent ones are masked and may hold anything finite."""

    features: Float[Tensor, "row other feature"]
    option: Int[Tensor, "row other"]
    age: Float[Tensor, "row other"]
    """Slots since the option began, as far as the edge knows; 0 where it is being decided in this very slot."""
    distance: Float[Tensor, "row other"]
    """Distance between the two sites [m]."""
    place: Int[Tensor, "row other"]
    """Of the other cell in the own neighbour list, nearest first."""
    place_there: Int[Tensor, "row other"]
    """Of the own cell in the other's neighbour list."""
    mask: Float[Tensor, "row other"]
    """1 where known, 0 where absent."""

    def at(self, rows: Int[Tensor, "chosen"]) -> Others:
        """These rows."""
        return Others(*(column[rows] for column in vars(self).values()))


@dataclass(frozen=True)
class ValueSizes:
    """How large the networks of the option values are."""

    num_features: int
    num_bands: int
    num_neighbours: int
    num_options: int
    code_size: int
    hidden: int


class OptionValues(nn.Module):
    """Q_k of every option.

    Sub-band by sub-band, with the same weights for all: each other cell's part is seen beside the own one and what was seen is
    added up, for any number of them. An option is valued by what it does to each sub-band (`band_plans.plan_marks`), added up.
    """

    marks: Tensor
    places: Tensor

    def __init__(self, sizes: ValueSizes, sees_others: bool = True) -> None:
        super().__init__()
        self.sizes = sizes
        self.others_weight = 1.0 if sees_others else 0.0
        self.parts = BandFeatures(sizes.num_features, sizes.num_bands)
        per_band, hidden, known_places = self.parts.per_band + self.parts.common, sizes.hidden, sizes.num_neighbours + 1
        self.register_buffer("marks", plan_marks(band_plans(sizes.num_options, sizes.num_bands)), persistent=False)
        self.register_buffer("places", torch.eye(known_places), persistent=False)
        self.own_beside = nn.Linear(per_band, hidden)
        self.other_beside = nn.Linear(per_band + self.marks.shape[-1], hidden, bias=False)
        self.relation = nn.Linear(2 * known_places + 3, hidden, bias=False)
        self.band_layer = nn.Linear(per_band + hidden + sizes.code_size + 1, hidden)
        self.option_band = nn.Linear(hidden, hidden)
        self.option_mark = nn.Linear(self.marks.shape[-1], hidden, bias=False)
        self.value_net = make_mlp((hidden, hidden // 2 + 1, 1))

    def forward(
        self,
        features: Float[Tensor, "row feature"],
        code: Float[Tensor, "row code"],
        others: Others,
        hold: Float[Tensor, "row"],
    ) -> Float[Tensor, "row option"]:
        """Q_k of each option; `hold` is 1/n where all cells decide together every n slots, 0 where options run to their end."""
        bands = self.sizes.num_bands
        own = self.parts.split(features)
        cell = torch.cat((code, hold.unsqueeze(-1)), -1).unsqueeze(1).expand(-1, bands, -1)
        seen = self._of_others(own, others, hold)
        band = torch.relu(self.band_layer(torch.cat((own, seen, cell), -1)))
        by_option = torch.relu(self.option_band(band).unsqueeze(1) + self.option_mark(self.marks))
        values: Tensor = self.value_net(by_option.sum(2)).squeeze(-1)
        return values

    def _of_others(
        self, own: Float[Tensor, "row band part"], others: Others, hold: Float[Tensor, "row"]
    ) -> Float[Tensor, "row band hidden"]:
        """Each other cell beside the own one, added up."""
        age = others.age / (others.age + HALF_AGE_SLOTS)
        distance = others.distance / DISTANCE_SCALE_M
        relation = torch.stack((age, distance, hold.unsqueeze(1).expand_as(age)), -1)
        last = self.sizes.num_neighbours
        places = [self.places[place.clamp(max=last)] for place in (others.place, others.place_there)]
        theirs = torch.cat((self.parts.split(others.features), self.marks[others.option]), -1)
        beside = self.own_beside(own).unsqueeze(1) + self.other_beside(theirs)
        beside = torch.relu(beside + self.relation(torch.cat((relation, *places), -1)).unsqueeze(2))
        # A product, not a sum over an axis: its order of summation does not depend on the number of rows.
        known = others.mask.unsqueeze(1)
        return torch.cat([known @ beside[:, :, band] for band in range(self.sizes.num_bands)], 1) * self.others_weight
