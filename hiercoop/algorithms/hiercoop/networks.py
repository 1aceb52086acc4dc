"""HierCoop's networks, parameters shared by all agents, and the two graphs that a policy bundle ships."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.algorithms.hiercoop.config import HierCoopConfig, NetworkConfig
from hiercoop.config.scenario import ScenarioConfig
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.nets.mixer import MonotoneMixer
from hiercoop.nets.mlp import make_mlp
from hiercoop.nets.option_values import OptionValues, Others
from hiercoop.nets.sequential_scorer import ScorerSizes, SequentialScorer


def local_spec(scenario: ScenarioConfig) -> LocalSpec:
    """What a local observation of this scenario holds, for the networks."""
    return LocalSpec(ObservationLayout.of(scenario).shapes, SNR_DB_SCALE)


class Encoder(nn.Module):
    """phi: the abstract channel state features z_k = phi(o_k), each in (-1, 1); what goes over the wire."""

    def __init__(self, local_size: int, sizes: NetworkConfig) -> None:
        super().__init__()
        self.net = make_mlp((local_size, sizes.encoder_hidden, sizes.encoder_hidden, sizes.num_features))

    def forward(self, local: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch z"]:
        """z_k of each observation."""
        return torch.tanh(self.net(local))


class Termination(nn.Module):
    """beta_w(z_k): the probability that option w ends at a state with these features."""

    option_one_hot: Tensor

    def __init__(self, sizes: NetworkConfig, initial_prob: float) -> None:
        super().__init__()
        self.net = nn.Linear(sizes.num_features, sizes.num_options)
        self.register_buffer("option_one_hot", torch.eye(sizes.num_options), persistent=False)
        with torch.no_grad():
            self.net.bias.fill_(math.log(initial_prob / (1.0 - initial_prob)))

    def forward(self, features: Float[Tensor, "row z"], option: Int[Tensor, "row"]) -> Float[Tensor, "row"]:
        """beta of the option in force in each row."""
        logit = (self.net(features) * self.option_one_hot[option]).sum(-1)
        return torch.sigmoid(logit)


class HierCoopNetworks(nn.Module):
    """Encoder, intra-option policies, terminations, option values and mixer."""

    def __init__(self, spec: LocalSpec, config: HierCoopConfig) -> None:
        super().__init__()
        sizes = config.network
        self.spec = spec
        self.sizes = sizes
        self.encoder = Encoder(spec.size, sizes)
        self.policy = SequentialScorer(spec, ScorerSizes(sizes.num_options, sizes.scorer_hidden, sizes.worth_weight))
        self.termination = Termination(sizes, config.option.initial_termination_prob)
        self.values = OptionValues(sizes.num_features, sizes.num_options, sizes.code_size, sizes.values_hidden)
        self.mixer = MonotoneMixer(spec.size, spec.size + sizes.num_options + 1, sizes.mixer_hidden)


class SbsGraph(nn.Module):
    """What runs in the SBS, as `sbs.onnx` has it (docs/architecture.md)."""

    def __init__(self, networks: HierCoopNetworks) -> None:
        super().__init__()
        self.encoder = networks.encoder
        self.policy = networks.policy
        self.termination = networks.termination

    def forward(
        self,
        local: Float[Tensor, "row feature"],
        mask: Bool[Tensor, "row vehicle choice"],
        option: Int[Tensor, "row"],
        noise: Float[Tensor, "row vehicle choice"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """features, termination, choice, choice_prob; probabilities are zero where masked."""
        features = self.encoder(local)
        scores = self.policy(local, mask, option, noise)
        choice_prob = torch.softmax(scores.logits, -1) * mask
        return features, self.termination(features, option), scores.choice, choice_prob


class EdgeGraph(nn.Module):
    """What runs in the edge cloud, as `edge.onnx` has it (docs/architecture.md)."""

    def __init__(self, networks: HierCoopNetworks) -> None:
        super().__init__()
        self.values = networks.values

    def forward(
        self,
        features: Float[Tensor, "row z"],
        code: Float[Tensor, "row code"],
        other_features: Float[Tensor, "row other z"],
        other_option: Int[Tensor, "row other"],
        other_age: Float[Tensor, "row other"],
        other_distance: Float[Tensor, "row other"],
        other_mask: Float[Tensor, "row other"],
    ) -> Tensor:
        """Q_k of each option."""
        others = Others(other_features, other_option, other_age, other_distance, other_mask)
        values: Tensor = self.values(features, code, others)
        return values
