"""At the old policy PPO's gradient is the gradient of the return: two states, two cells with one policy, all exact."""

from __future__ import annotations

import itertools

import torch

from hiercoop.algorithms.policy_gradient import actor_loss, joint_log_prob

DISCOUNT, STEP = 0.9, 1e-6
STATES, CELLS, CHOICES = 2, 2, 2
JOINT = list(itertools.product(range(CHOICES), repeat=CELLS))
generator = torch.Generator().manual_seed(3)
REWARD = torch.rand(STATES, len(JOINT), generator=generator, dtype=torch.float64)
NEXT_PROB = torch.softmax(3.0 * torch.rand(STATES, len(JOINT), STATES, generator=generator, dtype=torch.float64), -1)
LOGIT = torch.rand(STATES, CHOICES, generator=generator, dtype=torch.float64)


def joint_policy(logit: torch.Tensor) -> torch.Tensor:
    """Probability of each joint choice in each state; both cells follow the same table."""
    prob = torch.softmax(logit, -1)
    return torch.stack([torch.stack([prob[:, choice] for choice in joint]).prod(0) for joint in JOINT], -1)


def state_value(logit: torch.Tensor) -> torch.Tensor:
    policy = joint_policy(logit)
    arrive = torch.einsum("sa,sat->st", policy, NEXT_PROB)
    return torch.linalg.solve(torch.eye(STATES, dtype=torch.float64) - DISCOUNT * arrive, (policy * REWARD).sum(-1))


def visits(logit: torch.Tensor) -> torch.Tensor:
    """Discounted visits to each state from the first one."""
    arrive = torch.einsum("sa,sat->st", joint_policy(logit), NEXT_PROB)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    return torch.linalg.solve((torch.eye(STATES, dtype=torch.float64) - DISCOUNT * arrive).T, start)


def test_gradient_at_the_old_policy_is_that_of_the_return() -> None:
    value = state_value(LOGIT)
    advantage = REWARD + DISCOUNT * torch.einsum("sat,t->sa", NEXT_PROB, value) - value.unsqueeze(-1)
    weight = visits(LOGIT).unsqueeze(-1) * joint_policy(LOGIT)
    logit = LOGIT.clone().requires_grad_(True)
    loss = torch.zeros((), dtype=torch.float64)
    for state, (index, joint) in itertools.product(range(STATES), enumerate(JOINT)):
        # A row a cell, all with the joint advantage, as the learner has them.
        rows = logit[state].expand(CELLS, 1, CHOICES)
        log_prob = joint_log_prob(rows, torch.tensor(joint).reshape(CELLS, 1), torch.ones(CELLS, 1, dtype=torch.bool))
        each = advantage[state, index].expand(CELLS)
        loss = loss + weight[state, index] * CELLS * actor_loss(log_prob, log_prob.detach(), each, 0.2)
    loss.backward()
    numeric = torch.zeros_like(LOGIT)
    for state, choice in itertools.product(range(STATES), range(CHOICES)):
        nudge = torch.zeros_like(LOGIT)
        nudge[state, choice] = STEP
        numeric[state, choice] = (state_value(LOGIT + nudge)[0] - state_value(LOGIT - nudge)[0]) / (2.0 * STEP)
    torch.testing.assert_close(-logit.grad, numeric, rtol=1e-5, atol=1e-8)
