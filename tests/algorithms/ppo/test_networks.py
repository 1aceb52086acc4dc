"""V(S) serves any number of cells in any order."""

from __future__ import annotations

import pytest
import torch

from hiercoop.algorithms.ppo.networks import JointValue


@pytest.mark.parametrize("num_cells", [1, 2, 5, 12])
def test_value_does_not_depend_on_the_order_of_the_cells(num_cells: int) -> None:
    torch.manual_seed(num_cells)
    value, local = JointValue(6, 8), torch.randn(3, num_cells, 6)
    order = torch.randperm(num_cells)
    with torch.no_grad():
        torch.testing.assert_close(value(local), value(local[:, order]))


def test_value_looks_at_every_cell() -> None:
    torch.manual_seed(1)
    value, local = JointValue(6, 8), torch.randn(1, 4, 6, requires_grad=True)
    (gradient,) = torch.autograd.grad(value(local).sum(), local)
    assert (gradient.abs().sum(-1) > 0.0).all()
