"""Q_tot never falls when a Q_k rises (17), so the best joint option is made of each cell's best."""

from __future__ import annotations

import itertools

import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.nets.mixer import MeanMixer, MonotoneMixer

LOCAL, STATE = 5, 9
UNIT = 0.25
seeds = st.integers(0, 2**31 - 1)
cells = st.integers(1, 5)


def make(seed: int, num_cells: int) -> tuple[MonotoneMixer, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    mixer = MonotoneMixer(LOCAL, STATE, 8)
    for parameter in mixer.parameters():
        torch.nn.init.normal_(parameter)
    return mixer, torch.randn(1, num_cells, LOCAL), torch.randn(1, num_cells, STATE)


def make_mean(seed: int, num_cells: int) -> tuple[MeanMixer, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return MeanMixer(STATE, 8, UNIT), torch.randn(1, num_cells, LOCAL), torch.randn(1, num_cells, STATE)


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


@given(seeds, cells)
def test_one_changed_q_mixes_as_the_whole_row_mixed_again(seed: int, num_cells: int) -> None:
    for mixer, local, state in (make(seed, num_cells), make_mean(seed, num_cells)):
        value, others = torch.randn(1, num_cells), torch.randn(1, num_cells, 3)
        with torch.no_grad():
            mixing = mixer.mixing(local, state)
            found = mixing.mix_with_one_changed(value, others)
            for cell, option in itertools.product(range(num_cells), range(3)):
                changed = value.clone()
                changed[:, cell] = others[:, cell, option]
                torch.testing.assert_close(found[:, cell, option], mixing.mix(changed), rtol=1e-4, atol=1e-4)


@given(seeds)
def test_the_weights_are_the_hypernetworks_of_s_and_o_k_side_by_side(seed: int) -> None:
    mixer, local, state = make(seed, 3)
    with torch.no_grad():
        whole = mixer.cell_weight(torch.cat((state.mean(1, keepdim=True).expand(-1, 3, -1), local), -1)).abs()
        torch.testing.assert_close(mixer.mixing(local, state).cell_weight, whole, rtol=1e-4, atol=1e-4)


@given(seeds, cells)
def test_the_mean_mixer_weighs_all_cells_alike_and_adds_a_value_of_the_state(seed: int, num_cells: int) -> None:
    mixer, local, state = make_mean(seed, num_cells)
    value = torch.randn(1, num_cells)
    with torch.no_grad():
        mixed = mixer.mixing(local, state).mix(value)
        torch.testing.assert_close(mixed, UNIT * value.mean(1) + mixer.out_bias(state.mean(1)).squeeze(-1))
