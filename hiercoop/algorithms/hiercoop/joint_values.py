"""Q_k of all cells of a batch and Q_tot over them, for rollouts and the learner."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from hiercoop.algorithms.hiercoop.experience import JointState, SiteRelations
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.execution.option_choice import NUM_SWEEPS
from hiercoop.nets.mixer import Mixing
from hiercoop.nets.option_values import Others


def option_values(networks: HierCoopNetworks, state: JointState, sites: SiteRelations) -> Float[Tensor, "row cell option"]:
    """Q_k of every option of every cell (11), from its features and those that the edge holds of the others."""
    num_cells = state.sight.shape[1]
    features = networks.encoder(state.sight, state.hold)
    held = _held_features(networks, state, features)
    peers = peers_of(num_cells)
    of_peers = peers.expand(len(held), -1, -1)
    others = Others(
        features=held[:, peers].flatten(0, 1),
        option=state.held_option[:, peers].flatten(0, 1),
        age=state.held_age[:, peers].flatten(0, 1),
        distance=sites.distance_m.gather(2, of_peers).flatten(0, 1),
        place=sites.place.gather(2, of_peers).flatten(0, 1),
        place_there=sites.place.transpose(1, 2).gather(2, of_peers).flatten(0, 1),
        mask=state.held_mask[:, peers].flatten(0, 1),
    )
    values: Tensor = networks.values(features.flatten(0, 1), state.code.flatten(0, 1), others, state.hold.flatten())
    return values.reshape(-1, num_cells, networks.sizes.num_options)


def _held_features(
    networks: HierCoopNetworks, state: JointState, features: Float[Tensor, "row cell z"]
) -> Float[Tensor, "row cell z"]:
    """What the edge holds of the cells: those of this very slot, where all decide together in every slot."""
    apart = (state.hold[:, 0] < 1.0).nonzero().squeeze(-1)
    if len(apart) == 0:
        return features
    encoded: Tensor = networks.encoder(state.held_sight[apart], state.hold[apart])
    return encoded if len(apart) == len(features) else features.index_copy(0, apart, encoded)


def decide_together(networks: HierCoopNetworks, state: JointState, sites: SiteRelations) -> Int[Tensor, "row cell"]:
    """The joint option where all cells report in the same slot: each cell in turn takes its best, given the others' by then.

    As the edge decides (`execution.option_choice`), for many rows at once.
    """
    num_rows, num_cells = state.previous_option.shape
    features = networks.encoder(state.sight, state.hold)
    option, peers = state.previous_option.clone(), peers_of(num_cells)
    known = torch.ones(num_rows, num_cells - 1)
    for _ in range(NUM_SWEEPS):
        for cell in range(num_cells):
            others = Others(
                features=features[:, peers[cell]],
                option=option[:, peers[cell]],
                age=torch.zeros_like(known),
                distance=sites.distance_m[:, cell, peers[cell]],
                place=sites.place[:, cell, peers[cell]],
                place_there=sites.place[:, peers[cell], cell],
                mask=known,
            )
            values = networks.values(features[:, cell], state.code[:, cell], others, state.hold[:, cell])
            option[:, cell] = values.argmax(-1)
    return option


def joint_values(
    networks: HierCoopNetworks,
    state: JointState,
    values: Float[Tensor, "row cell option"],
    option: Int[Tensor, "row cell"],
) -> tuple[Float[Tensor, "row"], Float[Tensor, "row cell option"]]:
    """Q_tot (17) of a joint option, and of each joint option that differs from it in one cell.

    S holds the options in force before, so that the best joint option is each cell's best.
    """
    mixing, chosen = mixing_at(networks, state), values_of(values, option)
    return mixing.mix(chosen), mixing.mix_with_one_changed(chosen, values)


def mixing_at(networks: HierCoopNetworks, state: JointState) -> Mixing:
    """How the Q_k are mixed at these states."""
    local = networks.local_of(state.sight)
    before = one_hot(state.previous_option, networks.sizes.num_options).to(local.dtype)
    mixing: Mixing = networks.mixer.mixing(local, torch.cat((local, before, state.option_age.unsqueeze(-1)), -1))
    return mixing


def values_of(values: Float[Tensor, "row cell option"], option: Int[Tensor, "row cell"]) -> Float[Tensor, "row cell"]:
    """Each cell's value of one of its options."""
    return values.gather(-1, option.unsqueeze(-1)).squeeze(-1)


def regret_of_going_on(
    option: Int[Tensor, "row cell"],
    values: Float[Tensor, "row cell option"],
    if_changed: Float[Tensor, "row cell option"],
) -> Float[Tensor, "row cell"]:
    """A_k = Q_tot(S, w) - Q_tot(S, w with k's best), at most 0, with w the options in force."""
    return values_of(if_changed, option) - values_of(if_changed, values.argmax(-1))


def peers_of(num_cells: int) -> Int[Tensor, "cell other"]:
    """The other cells of each cell, in cell order."""
    rows = [[other for other in range(num_cells) if other != cell] for cell in range(num_cells)]
    return torch.tensor(rows, dtype=torch.long).reshape(num_cells, num_cells - 1)
