"""What options are before anything is learned: plans that leave out sub-bands, so that cells keep out of each other's way.

Option 0 leaves out nothing, option 1 the MBS, then come the options that leave out one sub-band each, then those that leave
out half of them. Which plans cooperation can live on was measured (docs/learning.md): with one sub-band left out by each cell,
and the best of such plans chosen jointly in every slot, cells that search alone reach 98 % of what best response does.
"""

from __future__ import annotations

from itertools import combinations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def band_plans(num_options: int, num_bands: int) -> Bool[Tensor, "option 2 band"]:
    """True for what each option leaves out, by station (own SBS, MBS) and sub-band; more options than plans repeat them."""
    nothing = torch.zeros(2, num_bands, dtype=torch.bool)
    without_mbs = nothing.clone()
    without_mbs[1] = True
    singles = [_without(num_bands, (band,)) for band in range(num_bands)]
    halves = [_without(num_bands, bands) for bands in _halves(num_bands)]
    plans = [nothing, without_mbs, *singles, *halves]
    return torch.stack([plans[option % len(plans)] for option in range(num_options)])


def _halves(num_bands: int) -> list[tuple[int, ...]]:
    """Halves of the sub-bands, each followed by its complement."""
    everything = set(range(num_bands))
    pairs = [(half, tuple(sorted(everything - set(half)))) for half in combinations(range(num_bands), num_bands // 2)]
    return [half for pair in pairs[: (len(pairs) + 1) // 2] for half in pair] if num_bands > 1 else []


def _without(num_bands: int, bands: tuple[int, ...]) -> Bool[Tensor, "2 band"]:
    plan = torch.zeros(2, num_bands, dtype=torch.bool)
    plan[:, list(bands)] = True
    return plan


def plan_marks(plans: Bool[Tensor, "option 2 band"]) -> Float[Tensor, "option band 4"]:
    """Each option as each sub-band sees it: whether it is left out, by station, and the share of all sub-bands left out."""
    left_out = plans.to(torch.float32).transpose(1, 2)
    return torch.cat((left_out, left_out.mean(1, keepdim=True).expand_as(left_out)), -1)


def plan_kinds(plans: Bool[Tensor, "option 2 band"]) -> Float[Tensor, "kind band option"]:
    """Weights that average over the options that are of one kind in a sub-band's eyes; zero where there are none.

    Options are of one kind where they leave out as much in all, and of this sub-band the same.
    """
    marks = [[tuple(mark.tolist()) for mark in option] for option in plan_marks(plans)]
    kinds = sorted({mark for option in marks for mark in option})
    bands = range(plans.shape[2])
    weight = torch.tensor([[[float(option[band] == kind) for option in marks] for band in bands] for kind in kinds])
    return weight / weight.sum(-1, keepdim=True).clamp(min=1.0)
