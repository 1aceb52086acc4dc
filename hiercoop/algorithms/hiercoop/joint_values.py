"""Q_k of all cells of a batch and Q_tot over them, for rollouts and the learner."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from hiercoop.algorithms.hiercoop.experience import JointState
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.nets.option_values import Others


def option_values(
    networks: HierCoopNetworks, state: JointState, distance_m: Float[Tensor, "cell cell"]
) -> tuple[Float[Tensor, "row cell option"], Float[Tensor, "row cell z"]]:
    """Q_k of every option of every cell (11) and z_k; the others' features are those that the edge holds."""
    num_cells = state.local.shape[1]
    features = networks.encoder(state.local)
    held = networks.encoder(state.held_local)
    peers = _peers(num_cells)
    others = Others(
        features=held[:, peers].flatten(0, 1),
        option=state.held_option[:, peers].flatten(0, 1),
        age=state.held_age[:, peers].flatten(0, 1),
        distance=distance_m.gather(1, peers).expand(len(held), -1, -1).flatten(0, 1),
        mask=state.held_mask[:, peers].flatten(0, 1),
    )
    values = networks.values(features.flatten(0, 1), state.code.flatten(0, 1), others)
    return values.unflatten(0, (-1, num_cells)), features


def joint_value(
    networks: HierCoopNetworks,
    state: JointState,
    values: Float[Tensor, "row cell option"],
    option: Int[Tensor, "row cell"],
) -> Float[Tensor, "row"]:
    """Q_tot of a joint option; S holds the options in force before, so that the best joint option is each cell's best (17)."""
    chosen = values.gather(-1, option.unsqueeze(-1)).squeeze(-1)
    before = one_hot(state.previous_option, networks.sizes.num_options).to(state.local.dtype)
    mixed: Tensor = networks.mixer(chosen, state.local, torch.cat((state.local, before, state.option_age.unsqueeze(-1)), -1))
    return mixed


def regret_of_going_on(
    networks: HierCoopNetworks, state: JointState, values: Float[Tensor, "row cell option"]
) -> Float[Tensor, "row cell"]:
    """A_k = Q_tot(S, w) - Q_tot(S, w with k's best), at most 0, with w the options in force."""
    option, best = state.previous_option, values.argmax(-1)
    going_on = joint_value(networks, state, values, option)
    columns = []
    for cell in range(option.shape[1]):
        changed = option.clone()
        changed[:, cell] = best[:, cell]
        columns.append(going_on - joint_value(networks, state, values, changed))
    return torch.stack(columns, 1)


def _peers(num_cells: int) -> Int[Tensor, "cell other"]:
    """The other cells of each cell, in cell order."""
    rows = [[other for other in range(num_cells) if other != cell] for cell in range(num_cells)]
    return torch.tensor(rows, dtype=torch.long).reshape(num_cells, num_cells - 1)
