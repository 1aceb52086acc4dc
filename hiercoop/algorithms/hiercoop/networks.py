"""HierCoop's networks, parameters shared by all agents, and the two graphs that a policy bundle ships."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.algorithms.hiercoop.config import HierCoopConfig, NetworkConfig, OptionConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.band_encoder import BandEncoder
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.nets.mixer import MeanMixer, MonotoneMixer
from hiercoop.nets.option_outlook import OptionOutlook
from hiercoop.nets.option_values import OptionValues, Others, ValueSizes
from hiercoop.nets.sequential_scorer import ScorerSizes, SequentialScorer
from hiercoop.nets.values_by_hold import ValuesByHold


def local_spec(scenario: ScenarioConfig) -> LocalSpec:
    """What a local observation of this scenario holds, for the networks."""
    return LocalSpec(ObservationLayout.of(scenario).shapes, SNR_DB_SCALE)


class Termination(nn.Module):
    """beta_w(z_k): the probability that option w ends at a state with these features."""

    option_one_hot: Tensor

    def __init__(self, sizes: NetworkConfig, option: OptionConfig) -> None:
        super().__init__()
        self.weight = 1.0 if option.terminates else 0.0
        initial_prob = option.initial_termination_prob
        self.net = nn.Linear(sizes.num_features, sizes.num_options)
        self.register_buffer("option_one_hot", torch.eye(sizes.num_options), persistent=False)
        with torch.no_grad():
            self.net.bias.fill_(math.log(initial_prob / (1.0 - initial_prob)))

    def forward(self, features: Float[Tensor, "row z"], option: Int[Tensor, "row"]) -> Float[Tensor, "row"]:
        """beta of the option in force in each row."""
        logit = (self.net(features) * self.option_one_hot[option]).sum(-1)
        return torch.sigmoid(logit) * self.weight


class HierCoopNetworks(nn.Module):
    """Both layers of the agents, and the mixer."""

    def __init__(self, spec: LocalSpec, config: HierCoopConfig) -> None:
        super().__init__()
        sizes = config.network
        self.spec = spec
        self.sizes = sizes
        self.policy = SequentialScorer(spec, ScorerSizes(sizes.num_options, sizes.scorer_hidden, sizes.worth_weight))
        self.outlook = OptionOutlook(spec, sizes.num_options)
        self.encoder = BandEncoder(spec, self.outlook.per_band, sizes.encoder_hidden, sizes.num_features)
        self.termination = Termination(sizes, config.option)
        value_sizes = ValueSizes(
            num_features=sizes.num_features,
            num_bands=spec.num_bands,
            num_neighbours=spec.num_neighbours,
            num_options=sizes.num_options,
            code_size=sizes.code_size,
            hidden=sizes.values_hidden,
        )
        self.values = ValuesByHold(value_sizes, sizes.sees_others)
        self.mixer = _mixer(spec.size, sizes)

    def consider(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        memory: Float[Tensor, "row outlook"],
        present_share: float,
    ) -> tuple[Int[Tensor, "row option vehicle"], Float[Tensor, "row sight"]]:
        """What the cell's vehicles would do under each option, and with it what the encoder sees.

        `memory` is the outlook's average over the slots before, in which this one gets the share.
        """
        options, rows = self.sizes.num_options, len(local)
        option = torch.arange(options).repeat_interleave(rows)
        scores = self.policy(local, mask, option, torch.zeros(options * rows, *mask.shape[1:]), blocks=options)
        choice = scores.choice.reshape(options, rows, -1).transpose(0, 1)
        outlook = self.outlook(local, choice)
        return choice, torch.cat((local, outlook, memory + present_share * (outlook - memory)), -1)

    def local_of(self, sight: Float[Tensor, "*batch sight"]) -> Float[Tensor, "*batch feature"]:
        """The observation in what the encoder sees."""
        return sight[..., : self.spec.size]

    def memory_of(self, sight: Float[Tensor, "*batch sight"]) -> Float[Tensor, "*batch outlook"]:
        """The average of the outlook in what the encoder sees."""
        return sight[..., -self.outlook.size :]

    @property
    def sight_size(self) -> int:
        """Length of what the encoder sees: the observation, the outlook and its average."""
        return self.spec.size + 2 * self.outlook.size


def _mixer(local_size: int, sizes: NetworkConfig) -> MonotoneMixer | MeanMixer:
    state_size = local_size + sizes.num_options + 1
    if sizes.mixing == "mean":
        return MeanMixer(state_size, sizes.mixer_hidden, sizes.value_unit)
    mixer = MonotoneMixer(local_size, state_size, sizes.mixer_hidden, sizes.value_unit)
    with torch.no_grad():
        # Weights near one and the straight part of ELU: at the start Q_tot is about the mean of the Q_k.
        for layer in (mixer.cell_weight[-1], mixer.out_weight[-1], mixer.bias):
            layer.get_parameter("bias").fill_(1.0)
    return mixer


class SbsGraph(nn.Module):
    """What runs in the SBS, as `sbs.onnx` has it (docs/architecture.md)."""

    all_options: Tensor

    def __init__(self, networks: HierCoopNetworks) -> None:
        super().__init__()
        self.encoder = networks.encoder
        self.policy = networks.policy
        self.outlook = networks.outlook
        self.termination = networks.termination
        self.num_options = networks.sizes.num_options
        self.register_buffer("all_options", torch.arange(self.num_options).unsqueeze(1), persistent=False)

    def forward(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        option: Int[Tensor, "row"],
        noise: Float[Tensor, "row vehicle choice"],
        hold: Float[Tensor, "row"],
        memory: Float[Tensor, "row outlook"],
        present_share: Float[Tensor, "row"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """features, termination, choice, choice_prob, next_memory; probabilities are zero where masked.

        One pass of the policy serves both ends: all options without noise, for the outlook, and the one in force with it.
        """
        options = torch.cat((self.all_options.expand(-1, local.shape[0]), option.unsqueeze(0))).flatten()
        noises = torch.cat((torch.zeros_like(noise).repeat(self.num_options, 1, 1), noise))
        scores = self.policy(local, mask, options, noises, blocks=self.num_options + 1)
        choice = scores.choice.reshape(self.num_options + 1, -1, scores.choice.shape[-1])
        logits = scores.logits.reshape(self.num_options + 1, -1, *scores.logits.shape[1:])
        outlook = self.outlook(local, choice[:-1].transpose(0, 1))
        next_memory = memory + present_share.unsqueeze(-1) * (outlook - memory)
        features = self.encoder(torch.cat((local, outlook, next_memory), -1), hold)
        choice_prob = torch.softmax(logits[-1], -1) * mask
        return features, self.termination(features, option), choice[-1], choice_prob, next_memory


class EdgeGraph(nn.Module):
    """What runs in the edge cloud, as `edge.onnx` has it (docs/architecture.md)."""

    def __init__(self, values: OptionValues | ValuesByHold) -> None:
        super().__init__()
        self.values = values

    def forward(
        self,
        features: Float[Tensor, "row z"],
        code: Float[Tensor, "row code"],
        other_features: Float[Tensor, "row other z"],
        other_option: Int[Tensor, "row other"],
        other_age: Float[Tensor, "row other"],
        other_distance: Float[Tensor, "row other"],
        other_place: Int[Tensor, "row other"],
        place_at_other: Int[Tensor, "row other"],
        other_mask: Float[Tensor, "row other"],
        hold: Float[Tensor, "row"],
    ) -> Tensor:
        """Q_k of each option."""
        others = Others(other_features, other_option, other_age, other_distance, other_place, place_at_other, other_mask)
        values: Tensor = self.values(features, code, others, hold)
        return values
