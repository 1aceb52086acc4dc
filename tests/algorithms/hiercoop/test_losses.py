"""Losses against finite differences on a small tabular problem, and against hand computation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.hiercoop.losses import (
    cell_advantage,
    critic_loss,
    option_difference_loss,
    return_while_it_lasts,
    td_target,
    termination_loss,
)
from hiercoop.algorithms.policy_gradient import actor_loss, joint_log_prob

DISCOUNT = 0.9
STATES, OPTIONS, ACTIONS = 2, 2, 2


class Tabular:
    """Two states, two options, two actions; a fixed policy over options; everything exact, in float64 (10) to (14)."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(7)
        draw = lambda *shape: torch.rand(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
        self.reward = draw(STATES, ACTIONS)
        self.next_prob = torch.softmax(3.0 * draw(STATES, ACTIONS, STATES), -1)
        self.option_prob = torch.softmax(draw(STATES, OPTIONS), -1)
        self.policy_logit = draw(STATES, OPTIONS, ACTIONS)
        self.termination_logit = draw(STATES, OPTIONS)

    def option_value(
        self, policy_logit: torch.Tensor, termination_logit: torch.Tensor, report_cost: float = 0.0
    ) -> torch.Tensor:
        """Q_Omega(s, w), solved exactly from (11) to (13); each ending is paid for in the slot that it is reported in."""
        policy = torch.softmax(policy_logit, -1)
        arrive = torch.einsum("swa,sat->swt", policy, self.next_prob)
        paid = DISCOUNT * report_cost * torch.einsum("swt,tw->sw", arrive, torch.sigmoid(termination_logit))
        reward = ((policy * self.reward[:, None, :]).sum(-1) - paid).flatten()
        follow = self._follow(termination_logit)
        matrix = torch.einsum("swt,twu->swtu", arrive, follow).reshape(STATES * OPTIONS, -1)
        value = torch.linalg.solve(torch.eye(STATES * OPTIONS, dtype=torch.float64) - DISCOUNT * matrix, reward)
        return value.reshape(STATES, OPTIONS)

    def occupancy(self) -> torch.Tensor:
        """Discounted visits to (s, w) from (0, 0), unnormalised."""
        policy = torch.softmax(self.policy_logit, -1)
        arrive = torch.einsum("swa,sat->swt", policy, self.next_prob)
        matrix = torch.einsum("swt,twu->swtu", arrive, self._follow(self.termination_logit)).reshape(STATES * OPTIONS, -1)
        start = torch.zeros(STATES * OPTIONS, dtype=torch.float64)
        start[0] = 1.0
        return torch.linalg.solve((torch.eye(STATES * OPTIONS, dtype=torch.float64) - DISCOUNT * matrix).T, start).reshape(
            STATES, OPTIONS
        )

    def action_value(self) -> torch.Tensor:
        """Q_U(s, w, a) of (12)."""
        value = self.option_value(self.policy_logit, self.termination_logit)
        upon_arrival = torch.einsum("twu,tu->tw", self._follow(self.termination_logit), value)
        return self.reward[:, None, :] + DISCOUNT * torch.einsum("sat,tw->swa", self.next_prob, upon_arrival)

    def _follow(self, termination_logit: torch.Tensor) -> torch.Tensor:
        """Probability that option u is in force at arrival in t under option w (13)."""
        ends = torch.sigmoid(termination_logit)[:, :, None]
        return (1.0 - ends) * torch.eye(OPTIONS, dtype=torch.float64) + ends * self.option_prob[:, None, :]


def finite_difference(function, point: torch.Tensor, step: float = 1e-6) -> torch.Tensor:
    gradient = torch.zeros_like(point)
    for index in np.ndindex(*point.shape):
        ahead, behind = point.clone(), point.clone()
        ahead[index] += step
        behind[index] -= step
        gradient[index] = (function(ahead) - function(behind)) / (2.0 * step)
    return gradient


def test_intra_option_gradient_is_that_of_the_return() -> None:
    problem = Tabular()
    logit = problem.policy_logit.clone().requires_grad_(True)
    value, action_value, occupancy = (
        problem.option_value(logit.detach(), problem.termination_logit),
        problem.action_value(),
        problem.occupancy(),
    )
    policy = torch.softmax(logit.detach(), -1)
    loss = torch.zeros((), dtype=torch.float64)
    for state, option, action in np.ndindex(STATES, OPTIONS, ACTIONS):
        weight = occupancy[state, option] * policy[state, option, action]
        log_prob = joint_log_prob(
            logit[state, option][None, None], torch.tensor([[action]]), torch.ones(1, 1, dtype=torch.bool)
        )
        advantage = (action_value[state, option, action] - value[state, option]).reshape(1)
        loss = loss + weight * actor_loss(log_prob, log_prob.detach(), advantage, 0.2)
    loss.backward()
    numeric = finite_difference(
        lambda point: problem.option_value(point, problem.termination_logit)[0, 0], problem.policy_logit
    )
    torch.testing.assert_close(-logit.grad, numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("report_cost", [0.0, 0.3])
def test_termination_gradient_is_that_of_the_return_less_what_reports_cost(report_cost: float) -> None:
    problem = Tabular()
    logit = problem.termination_logit.clone().requires_grad_(True)
    value = problem.option_value(problem.policy_logit, problem.termination_logit, report_cost)
    # A_Omega(s', w) = Q(s', w) - V(s'), with V over the policy over options of this problem.
    advantage = value - (problem.option_prob * value).sum(-1, keepdim=True)
    policy = torch.softmax(problem.policy_logit, -1)
    arrivals = DISCOUNT * torch.einsum("sw,swa,sat->tw", problem.occupancy(), policy, problem.next_prob)
    loss = torch.zeros((), dtype=torch.float64)
    for state, option in np.ndindex(STATES, OPTIONS):
        ends = torch.sigmoid(logit[state, option]).reshape(1)
        loss = loss + arrivals[state, option] * termination_loss(ends, advantage[state, option].reshape(1), report_cost)
    loss.backward()
    numeric = finite_difference(
        lambda point: problem.option_value(problem.policy_logit, point, report_cost)[0, 0], problem.termination_logit
    )
    torch.testing.assert_close(-logit.grad, numeric, rtol=1e-5, atol=1e-7)


def test_the_signalling_cost_keeps_options_going_where_little_is_forgone() -> None:
    ends = torch.tensor([0.5, 0.5], requires_grad=True)
    termination_loss(ends, torch.tensor([-0.2, -0.01]), 0.1).backward()
    assert ends.grad[0] < 0.0 < ends.grad[1]


def test_target_is_the_reward_and_the_discounted_value_of_what_follows() -> None:
    assert td_target(torch.tensor([1.0, 1.0]), torch.tensor([10.0, 0.0]), 0.5).tolist() == [6.0, 1.0]


def test_critic_loss_leaves_the_target_alone() -> None:
    value, target = torch.tensor([1.0], requires_grad=True), torch.tensor([3.0], requires_grad=True)
    critic_loss(value, target).backward()
    assert value.grad.item() == -4.0
    assert target.grad is None


def test_differences_between_options_leave_out_what_all_options_of_a_cell_share() -> None:
    q_tot, target, shared = torch.randn(5, 3, 4), torch.randn(5, 3, 4), torch.randn(5, 3, 1)
    weight = torch.ones(5, 3)
    plain = option_difference_loss(q_tot, target, weight)
    torch.testing.assert_close(option_difference_loss(q_tot + shared, target, weight), plain)
    torch.testing.assert_close(option_difference_loss(q_tot, target, 0.1 * weight), 0.1 * plain)
    assert option_difference_loss(target + shared, target, weight).item() < 1e-12
    assert plain.item() > 0.1


@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0])
def test_an_error_counts_against_how_far_the_options_differ(spread: float) -> None:
    target = torch.tensor([[[0.0, 2.0 * spread]]])
    loss = option_difference_loss(torch.zeros(1, 1, 2), target, torch.ones(1, 1)).item()
    assert loss == pytest.approx(spread**2 / (1.0 + spread**2))


def test_differences_between_options_by_hand() -> None:
    q_tot, target = torch.tensor([[[1.0, 3.0]]], requires_grad=True), torch.tensor([[[5.0, 5.0]]], requires_grad=True)
    loss = option_difference_loss(q_tot, target, torch.ones(1, 1))
    loss.backward()
    assert loss.item() == 1.0
    # What raises one option lowers the others of the cell: the gradient is free of the state's value.
    assert q_tot.grad.tolist() == [[[-1.0, 1.0]]]
    assert target.grad is None


def test_an_option_brings_what_its_slots_bring_while_it_goes_on() -> None:
    brought = torch.tensor([1.0, 10.0, 100.0]).reshape(3, 1, 1, 1)
    goes_on = torch.tensor([0.0, 0.5, 0.0]).reshape(3, 1, 1)
    assert return_while_it_lasts(brought, goes_on, 0.8).flatten().tolist() == [1.0 + 0.8 * 0.5 * 10.0, 10.0, 100.0]


def test_a_cell_that_made_no_difference_has_only_its_share_of_the_joint_advantage() -> None:
    joint, reward = torch.rand(4, 2), torch.rand(4, 2)
    otherwise = reward.unsqueeze(-1).repeat(1, 1, 3)
    otherwise[:, :, 1] -= 0.5
    advantage = cell_advantage(joint, reward, otherwise, 0.1)
    torch.testing.assert_close(advantage[:, :, 0], 0.1 * joint)
    torch.testing.assert_close(advantage[:, :, 1], 0.1 * joint + 0.5)
