"""Option values do not depend on the order or the number of rows of the other cells, nor on absent ones."""

from __future__ import annotations

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.nets.option_values import OptionValues, Others


def make(seed: int, num_others: int) -> tuple[OptionValues, torch.Tensor, torch.Tensor, Others]:
    torch.manual_seed(seed)
    others = Others(
        features=torch.randn(3, num_others, 6),
        option=torch.randint(4, (3, num_others)),
        age=torch.rand(3, num_others) * 20,
        distance=torch.rand(3, num_others) * 900,
        mask=(torch.rand(3, num_others) < 0.7).float(),
    )
    return OptionValues(6, 4, 2, 8), torch.randn(3, 6), torch.randn(3, 2), others


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_order_of_the_others_does_not_matter(seed: int, num_others: int) -> None:
    values, features, code, others = make(seed, num_others)
    order = torch.randperm(num_others)
    shuffled = Others(**{name: column[:, order] for name, column in vars(others).items()})
    with torch.no_grad():
        torch.testing.assert_close(values(features, code, others), values(features, code, shuffled))


@given(st.integers(0, 10_000))
def test_an_absent_cell_counts_as_none(seed: int) -> None:
    values, features, code, others = make(seed, 3)
    others = replace(others, mask=torch.tensor([[1.0, 1.0, 0.0]]).expand(3, 3))
    fewer = Others(**{name: column[:, :2] for name, column in vars(others).items()})
    with torch.no_grad():
        torch.testing.assert_close(values(features, code, others), values(features, code, fewer))


def test_no_other_cell_at_all_gives_values() -> None:
    values, features, code, others = make(0, 0)
    with torch.no_grad():
        assert torch.isfinite(values(features, code, others)).all()


def test_codes_let_equal_cells_differ() -> None:
    values, features, code, others = make(1, 2)
    with torch.no_grad():
        assert not torch.allclose(values(features, code, others), values(features, -code, others))
