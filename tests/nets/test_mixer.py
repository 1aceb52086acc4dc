"""Q_tot never falls when a Q_k rises (17), so the best joint option is made of each cell's best."""

from __future__ import annotations

import itertools

import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.nets.mixer import MonotoneMixer

LOCAL, STATE = 5, 9
seeds = st.integers(0, 2**31 - 1)
cells = st.integers(1, 5)


def make(seed: int, num_cells: int) -> tuple[MonotoneMixer, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    mixer = MonotoneMixer(LOCAL, STATE, 8)
    for parameter in mixer.parameters():
        torch.nn.init.normal_(parameter)
    return mixer, torch.randn(1, num_cells, LOCAL), torch.randn(1, num_cells, STATE)


@given(seeds, cells)
def test_q_tot_rises_with_each_q(seed: int, num_cells: int) -> None:
    mixer, local, state = make(seed, num_cells)
    value = torch.randn(1, num_cells, requires_grad=True)
    (gradient,) = torch.autograd.grad(mixer(value, local, state).sum(), value)
    assert (gradient >= 0.0).all()


@given(seeds, st.integers(1, 3))
def test_the_best_joint_option_is_each_cells_best(seed: int, num_cells: int) -> None:
    mixer, local, state = make(seed, num_cells)
    values = torch.randn(num_cells, 4)
    joint = list(itertools.product(range(4), repeat=num_cells))
    chosen = torch.stack([values[range(num_cells), list(options)] for options in joint])
    rows = len(joint)
    with torch.no_grad():
        q_tot = mixer(chosen, local.expand(rows, -1, -1), state.expand(rows, -1, -1))
    greedy = joint.index(tuple(values.argmax(1).tolist()))
    assert q_tot[greedy] >= q_tot.max() - 1e-5


@given(seeds)
def test_q_tot_does_not_depend_on_the_order_of_the_cells(seed: int) -> None:
    mixer, local, state = make(seed, 4)
    value = torch.randn(1, 4)
    order = torch.randperm(4)
    with torch.no_grad():
        torch.testing.assert_close(
            mixer(value, local, state), mixer(value[:, order], local[:, order], state[:, order]), rtol=1e-4, atol=1e-4
        )
