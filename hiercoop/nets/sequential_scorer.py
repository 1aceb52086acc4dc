"""The intra-option policies pi_w(a | o_k): the vehicles of a cell choose one after the other, each seeing what was taken.

One scorer serves all vehicles and all choices. It sees what a choice is worth in closed form: the rate that it gives, less what
is lost with the earlier vehicles on the same band, plus the best that each later vehicle could then still have, less the
price that the option in force puts on the station and band. What that does not say (other cells, urgency) it learns. Rates
are in nats, ln(1 + SINR); powers are over noise.

The graph runs in an SBS in every slot, and at one row its time is the number of its operations: hence axes that fit without
being moved, matrices where a sum over named quantities would read better, and pairs of vehicles worked out in advance.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.nets.band_plans import band_plans
from hiercoop.nets.local_parts import LocalSpec

MASKED_LOGIT = -1e30
"""So far below any logit that adding one leaves it as it is: a row that is masked whole ties, and its first choice wins."""
RATE_SCALE = 0.2
"""Rates in nats enter the network times this: about 1 for a good link."""
INITIAL_OUT_SHARE = 0.1
"""The network's say at the start, as a share of its usual initial weights: the closed-form worth leads."""
PLAN_PRICE_NEPERS = 9.0
"""Price, before any learning, of what an option's band plan leaves out: more than nearly any link is worth.

Not a ban: where vehicles would have to clash, or all cells leave out the same sub-band, a plan gives way."""
OPTION_SPREAD = 0.3
"""Standard deviation of the option embeddings at the start: options differ from the first slot on."""


@dataclass(frozen=True)
class ScorerSizes:
    """How large the scorer is, and how strongly it leans on the closed-form worth of a choice at the start."""

    num_options: int
    hidden: int
    worth_weight: float


@dataclass(frozen=True)
class Scores:
    """What the scorer made of a batch of rows."""

    choice: Int[Tensor, "row vehicle"]
    """The best of logit + noise, or the choice that was forced; 0 where all are masked."""
    logits: Float[Tensor, "row vehicle choice"]
    """Masked, without the noise, each vehicle's given the earlier ones' choices."""


class SequentialScorer(nn.Module):
    """Logits of every vehicle's choices, given the option in force and the earlier vehicles' choices."""

    columns: Tensor
    one_hot: Tensor

    def __init__(self, spec: LocalSpec, sizes: ScorerSizes) -> None:
        super().__init__()
        self.spec = spec
        self.worth = ChoiceWorth(spec, sizes.worth_weight)
        columns = _static_positions(spec)
        self.static_layer = nn.Linear(columns.shape[-1], sizes.hidden)
        self.worth_layer = nn.Parameter(torch.randn(sizes.hidden) * RATE_SCALE)
        self.out_layer = nn.Linear(sizes.hidden, 1, bias=False)
        self.option_band = nn.Parameter(torch.randn(sizes.num_options, 1, spec.num_bands, sizes.hidden) * OPTION_SPREAD)
        self.option_station = nn.Parameter(torch.randn(sizes.num_options, 2, 1, sizes.hidden) * OPTION_SPREAD)
        plans = band_plans(sizes.num_options, spec.num_bands).to(torch.float32).flatten(1)
        self.price = nn.Parameter(plans * (PLAN_PRICE_NEPERS * sizes.worth_weight))
        with torch.no_grad():
            self.out_layer.weight.mul_(INITIAL_OUT_SHARE)
        self.register_buffer("columns", columns.flatten(), persistent=False)
        self.register_buffer("one_hot", torch.eye(2 * spec.num_bands), persistent=False)

    def forward(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        option: Int[Tensor, "option_row"],
        noise: Float[Tensor, "option_row vehicle choice"],
        forced: Int[Tensor, "option_row vehicle"] | None = None,
        blocks: int = 1,
    ) -> Scores:
        """Choices and logits; `forced` replays given choices instead of choosing.

        `option`, `noise` and the result may hold several `blocks` of the rows, one after the other: options of one observation.
        """
        vehicles, choices = self.spec.num_vehicles, 2 * self.spec.num_bands
        shift = torch.where(mask, 0.0, MASKED_LOGIT).repeat(blocks, 1, 1)
        bids = torch.split((noise + shift).reshape(-1, vehicles, choices, 1), 1, 1)
        static = torch.split(self._static(local, option, blocks), 1, 1)
        value, losses = self.worth(local)
        value = value.repeat(blocks, 1, 1, 1) - self.price[option].reshape(-1, 1, 1, choices)
        clash = [lost.repeat(blocks, 1, 1, 1) for lost in losses]
        chosen, logits = [], []
        for vehicle in range(vehicles):
            num_later = vehicles - 1 - vehicle
            mine, later = torch.split(value, [1, num_later], 1) if num_later else (value, value)
            worth = mine.reshape(-1, 1, choices, 1)
            if num_later:
                worth = worth + _best_of_later(later - clash[vehicle], clash[vehicle + 1 :])
            hidden = torch.relu(static[vehicle] + worth * self.worth_layer)
            logit = self.out_layer(hidden) + worth
            choice = (logit + bids[vehicle]).argmax(2) if forced is None else forced[:, vehicle, None, None]
            if num_later:
                value = later - self.one_hot[choice] @ clash[vehicle]
            chosen.append(choice)
            logits.append(logit)
        together = torch.cat(logits, 1).reshape(-1, vehicles, choices)
        return Scores(torch.cat(chosen, 1).reshape(-1, vehicles), together + shift)

    def _static(self, local: Tensor, option: Tensor, blocks: int) -> Float[Tensor, "option_row vehicle choice hidden"]:
        """First-layer terms that do not depend on what the earlier vehicles take."""
        vehicles, choices = self.spec.num_vehicles, 2 * self.spec.num_bands
        columns = local.index_select(1, self.columns).reshape(-1, vehicles, choices, self.static_layer.in_features)
        table = (self.option_band + self.option_station).flatten(1, 2).unsqueeze(1) + self.static_layer.bias
        return (columns @ self.static_layer.weight.T).repeat(blocks, 1, 1, 1) + table[option]


def _best_of_later(
    left: Float[Tensor, "row later choice choice_of_later"], clash: list[Float[Tensor, "row later choice choice_of_later"]]
) -> Float[Tensor, "row 1 choice 1"]:
    """The best that the later vehicles could still have beside each choice of this one.

    Two and two: what a vehicle and the next one lose by each other counts, what pairs lose by other pairs does not. So the
    first of three vehicles sees the best joint choice of all.
    """
    of_later = torch.split(left, 1, 1)
    best = []
    for first in range(0, len(of_later) - 1, 2):
        between = torch.split(clash[first], [1, clash[first].shape[1] - 1], 1)[0]
        second = (of_later[first + 1].transpose(1, 2) - between).amax(3).unsqueeze(1)
        best.append((of_later[first] + second).amax(3, keepdim=True))
    if len(of_later) % 2:
        best.append(of_later[-1].amax(3, keepdim=True))
    return torch.cat(best, 1).sum(1, keepdim=True) if len(best) > 1 else best[0]


class ChoiceWorth(nn.Module):
    """What choices are worth by themselves, and what two vehicles lose by sharing a band, weighted by urgency."""

    signal: Tensor
    floor: Tensor
    need: Tensor
    first: Tensor
    second: Tensor
    same_band: Tensor

    def __init__(self, spec: LocalSpec, worth_weight: float) -> None:
        super().__init__()
        self.spec = spec
        # With fading redrawn each slot, the average over slots foretells a band's interference, its last value little.
        self.floor_weight = nn.Parameter(torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
        self.urgency = nn.Parameter(torch.zeros(3))
        self.log_weight = nn.Parameter(torch.tensor(worth_weight).clamp(min=1e-3).log())
        self.register_buffer("signal", spec.snr_nepers(), persistent=False)
        self.register_buffer("floor", _floor_matrices(spec), persistent=False)
        self.register_buffer("need", _need_matrices(spec), persistent=False)
        first, second = torch.triu_indices(spec.num_vehicles, spec.num_vehicles, 1)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)
        same_band = torch.eye(spec.num_bands).repeat(2, 2)
        self.register_buffer("same_band", same_band, persistent=False)

    def forward(
        self, local: Float[Tensor, "row feature"]
    ) -> tuple[Float[Tensor, "row vehicle 1 choice"], list[Float[Tensor, "row later choice choice_of_later"]]]:
        """Each choice's own value; for each vehicle but the last, what it and each later one lose together by two choices."""
        vehicles, choices = self.spec.num_vehicles, 2 * self.spec.num_bands
        floor = torch.einsum("sw,swfc->fc", self.floor_weight, self.floor)
        need = torch.einsum("n,nfv->fv", self.urgency, self.need)
        exponent = local @ torch.cat((self.signal - floor, need), 1) + self._offset()
        snr, urgency = torch.split(torch.exp(exponent), [vehicles * choices, vehicles], 1)
        snr = snr.reshape(-1, vehicles, 1, choices)
        urgency = urgency.reshape(-1, vehicles, 1, 1)
        rate = torch.log(snr + 1.0)
        value = rate * urgency
        if vehicles == 1:
            return value, []
        one, other = (snr.index_select(1, self.first), snr.index_select(1, self.second))
        rates = rate.index_select(1, self.first) + rate.index_select(1, self.second)
        # ln(1 + a) - ln(1 + a / (1 + b)) = ln(1 + a) + ln(1 + b) - ln(1 + a + b): either loses the same by the other.
        lost = rates - torch.log(one + other + 1.0)
        own = (lost * urgency.index_select(1, self.first)).transpose(2, 3)
        theirs = lost * urgency.index_select(1, self.second)
        clash = (own + theirs) * self.same_band
        return value, list(torch.split(clash, list(range(vehicles - 1, 0, -1)), 1))

    def _offset(self) -> Float[Tensor, "column"]:
        vehicles, choices = self.spec.num_vehicles, 2 * self.spec.num_bands
        return torch.cat((torch.full((vehicles * choices,), -self.spec.SILENT_NEPERS), self.log_weight.expand(vehicles)))


def _static_positions(spec: LocalSpec) -> Int[Tensor, "vehicle 2 band column"]:
    """Where each choice's raw quantities stand in the observation: its own, its twin's at the other station, its vehicle's.

    Among the last, how well neighbours hear it: so much it may disturb them.
    """
    shape = (spec.num_vehicles, 2, spec.num_bands)
    columns = [spec.positions("last_choice").reshape(shape)]
    for name in ("interference", "interference_mean"):
        level = spec.positions(name).expand(shape)
        columns += [level, level.flip(1)]
    if "gain" in spec.shapes:
        gain = spec.positions("gain")
        columns += [gain, gain.flip(1)]
        columns += [place[:, None, None].expand(shape) for place in spec.positions("mean_gain").T]
    columns += [spec.positions(name)[:, None, None].expand(shape) for name in ("payload_left", "needed_rate")]
    columns.append(spec.positions("time_left").expand(shape))
    return torch.stack(columns, -1)


def _floor_matrices(spec: LocalSpec) -> Float[Tensor, "2 2 feature column"]:
    """Log interference of each choice, by station and by weight: in the last slot, and on average over slots."""
    shape = (spec.num_vehicles, 2, spec.num_bands)
    levels = [spec.selector(spec.positions(name).expand(shape)) for name in ("interference", "interference_mean")]
    stations = torch.eye(2)[:, None, None, None, :, None]
    weighed = torch.stack(levels).reshape(2, -1, *shape).unsqueeze(0) * stations
    return weighed.flatten(3) * spec.nepers_per_unit


def _need_matrices(spec: LocalSpec) -> Float[Tensor, "3 feature vehicle"]:
    """What urgency depends on, for each vehicle: its payload left, the rate that it needs, the time left."""
    time_left = spec.positions("time_left").expand(spec.num_vehicles)
    needs = (spec.positions("payload_left"), spec.positions("needed_rate"), time_left)
    return torch.stack([spec.selector(positions) for positions in needs])
