"""The actor's gradient goes through a drawn choice to where the critic says; the critic serves any number of cells."""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.maddpg.losses import actor_loss
from hiercoop.algorithms.maddpg.networks import JointCritic
from hiercoop.nets.gumbel import gumbel_noise, straight_through

LOCAL, ACTION = 5, 4


def test_the_straight_through_choice_is_one_hot() -> None:
    bids = torch.randn(6, ACTION)
    drawn = straight_through(bids, bids.argmax(-1), 0.7)
    torch.testing.assert_close(drawn, torch.nn.functional.one_hot(bids.argmax(-1), ACTION).float())


def test_its_gradient_is_that_of_the_softmax() -> None:
    worth = torch.randn(ACTION, dtype=torch.float64)
    bids = torch.randn(ACTION, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad((straight_through(bids, bids.argmax(-1), 0.7) * worth).sum(), bids)
    (expected,) = torch.autograd.grad((torch.softmax(bids / 0.7, -1) * worth).sum(), bids)
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("best", range(ACTION))
def test_steps_down_the_actors_loss_lead_to_the_choice_that_the_critic_values_most(best: int) -> None:
    worth = torch.zeros(ACTION)
    worth[best] = 1.0
    logits = torch.zeros(ACTION, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=1.0)
    generator = torch.Generator().manual_seed(best)
    for _ in range(60):
        bids = logits + gumbel_noise(logits.detach(), generator)
        value = (straight_through(bids, bids.argmax(-1), 1.0) * worth).sum()
        optimizer.zero_grad()
        actor_loss(value.reshape(1, 1), torch.ones(1, 1, dtype=torch.bool)).backward()
        optimizer.step()
    assert logits.argmax().item() == best
    assert torch.softmax(logits.detach(), -1)[best] > 0.8


def test_cells_without_a_choice_do_not_count_in_the_loss() -> None:
    loss = actor_loss(torch.tensor([[1.0, 100.0, 3.0]]), torch.tensor([[True, False, True]]))
    assert loss.item() == -2.0


def test_gumbel_noise_makes_the_best_bid_a_draw_from_the_softmax() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0]).expand(20_000, -1)
    drawn = (logits + gumbel_noise(logits, torch.Generator().manual_seed(1))).argmax(-1)
    share = torch.bincount(drawn, minlength=3) / len(drawn)
    torch.testing.assert_close(share, torch.softmax(logits[0], -1), atol=0.015, rtol=0.0)


@pytest.mark.parametrize("num_cells", [1, 2, 5, 12])
def test_values_go_with_the_cells_when_these_change_places(num_cells: int) -> None:
    torch.manual_seed(num_cells)
    critic = JointCritic(LOCAL, ACTION, 8).requires_grad_(False)
    local, action = torch.randn(3, num_cells, LOCAL), torch.rand(3, num_cells, ACTION)
    order = torch.randperm(num_cells)
    torch.testing.assert_close(critic(local, action)[:, order], critic(local[:, order], action[:, order]))


@pytest.mark.parametrize("num_cells", [1, 2, 5, 12])
def test_value_of_an_own_action_is_that_of_the_joint_action_with_it(num_cells: int) -> None:
    torch.manual_seed(num_cells)
    critic = JointCritic(LOCAL, ACTION, 8).requires_grad_(False)
    local, action, own = torch.randn(3, num_cells, LOCAL), torch.rand(3, num_cells, ACTION), torch.rand(3, num_cells, ACTION)
    values = critic.of_own(local, action, own)
    for cell in range(num_cells):
        changed = action.clone()
        changed[:, cell] = own[:, cell]
        torch.testing.assert_close(values[:, cell], critic(local, changed)[:, cell], rtol=1e-4, atol=1e-5)
