"""The policy gradient's parts against hand computation."""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.policy_gradient import actor_loss, generalised_advantage, joint_log_prob, mean_entropy


def test_gae_with_lambda_one_is_the_return_less_the_value() -> None:
    reward, value = torch.rand(5, 2), torch.rand(5, 2)
    advantage = generalised_advantage(reward, value, 0.9, 1.0)
    for slot in range(5):
        returns = sum(0.9**k * reward[slot + k] for k in range(5 - slot))
        torch.testing.assert_close(advantage[slot], returns - value[slot])


def test_gae_with_lambda_zero_is_the_temporal_difference() -> None:
    reward, value = torch.rand(4, 1), torch.rand(4, 1)
    following = torch.cat((value[1:], torch.zeros(1, 1)))
    torch.testing.assert_close(generalised_advantage(reward, value, 0.9, 0.0), reward + 0.9 * following - value)


def test_vehicles_without_a_choice_count_neither_in_probability_nor_entropy() -> None:
    logits = torch.randn(1, 2, 3)
    has_choice = torch.tensor([[True, False]])
    only = torch.log_softmax(logits[0, 0], -1)
    assert joint_log_prob(logits, torch.tensor([[1, 2]]), has_choice).item() == pytest.approx(only[1].item())
    assert mean_entropy(logits, has_choice).item() == pytest.approx(-(only.exp() * only).sum().item())


def test_clipping_takes_the_gradient_from_what_has_moved_far_enough() -> None:
    log_prob = torch.tensor([0.5, 0.0], requires_grad=True)
    actor_loss(log_prob, torch.zeros(2), torch.ones(2), 0.2).backward()
    assert log_prob.grad[0] == 0.0
    assert log_prob.grad[1] < 0.0
