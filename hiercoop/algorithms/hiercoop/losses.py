"""HierCoop's losses, as functions of tensors alone. Equation numbers are those of the paper (Feng et al.)."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def td_target(reward: Float[Tensor, "row"], next_q_tot: Float[Tensor, "row"], discount: float) -> Float[Tensor, "row"]:
    """y of (18), r + gamma Q-_tot(S', u), where u keeps the options that go on and takes the best where one ends (13).

    `reward` already bears the cost of the bytes reported at s'. Nothing follows the last slot of a delivery round: zero there.
    """
    return reward + discount * next_q_tot


def critic_loss(q_tot: Float[Tensor, "row"], target: Float[Tensor, "row"]) -> Float[Tensor, ""]:
    """L(theta) of (18), as a mean: squared difference of Q_tot and its target."""
    return (q_tot - target.detach()).square().mean()


def return_while_it_lasts(
    brought: Float[Tensor, "slot env cell option"], goes_on: Float[Tensor, "slot env cell"], discount: float
) -> Float[Tensor, "slot env cell option"]:
    """Discounted sum of what an option brings, from each slot to the one in which it would end: Q_Omega of (11) up to (12).

    `brought` holds what each option would have brought in each slot alone, `goes_on` the probability that the option of the
    slot before goes on into this one.
    """
    total = brought.clone()
    for slot in range(len(brought) - 2, -1, -1):
        total[slot] += discount * goes_on[slot + 1].unsqueeze(-1) * total[slot + 1]
    return total


def option_difference_loss(
    q_tot: Float[Tensor, "row cell option"], target: Float[Tensor, "row cell option"], weight: Float[Tensor, "row cell"]
) -> Float[Tensor, ""]:
    """(18) for every joint option that differs from the one in force in one cell, as far as the cell's options differ.

    The simulator knows what each would have brought (`return_while_it_lasts`). Differences between options of one cell are free
    of the value of the state and of most of the fading, which drown them in (18) itself. A row's error counts against how far
    its options differ, where that is more than a unit: between close cells, and added up over the slots that an option lasts,
    they differ by many times what they do elsewhere, and squares of that would be all that is learned.
    """
    wanted = target.detach() - target.detach().mean(-1, keepdim=True)
    error = q_tot - q_tot.mean(-1, keepdim=True) - wanted
    return (error.square().mean(-1) / (1.0 + wanted.square().mean(-1)) * weight).mean()


def termination_loss(
    termination_prob: Float[Tensor, "*row"], advantage: Float[Tensor, "*row"], report_cost: float
) -> Float[Tensor, ""]:
    """A loss whose gradient is minus that of (16), taken at the next state, with the signalling cost as deliberation cost.

    `advantage` is A_k = Q_tot(S', w) - Q_tot(S', w with k's best option), at most 0; an option should end where what it
    forgoes is more than what a report costs.
    """
    return (termination_prob * (advantage.detach() + report_cost)).mean()


def cell_advantage(
    joint: Float[Tensor, "slot env"],
    reward: Float[Tensor, "slot env"],
    otherwise: Float[Tensor, "slot env cell"],
    future_weight: float,
) -> Float[Tensor, "slot env cell"]:
    """What each cell's own choices were worth: the difference that they made in the slot, and a share of the joint advantage.

    `reward` is the slot's capacity reward, `otherwise` the same under other draws of this cell's choices, the other cells'
    kept. Their difference is an unbiased advantage as far as the slot itself goes, free of fading and of what others did; the
    joint advantage carries what the slot means for the future, and the noise of a learned value.
    """
    return reward.unsqueeze(-1) - otherwise + future_weight * joint.unsqueeze(-1)
