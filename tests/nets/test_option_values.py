"""Option values do not depend on the order or the number of rows of the other cells, nor on absent ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hiercoop.nets.option_values import OptionValues, Others, ValueSizes

ROWS, FEATURES, OPTIONS, CODE, BANDS, NEIGHBOURS = 3, 6, 8, 2, 4, 3
seeds = st.integers(0, 10_000)


@dataclass(frozen=True)
class Question:
    """What the edge is asked, and the networks that answer."""

    net: OptionValues
    features: torch.Tensor
    code: torch.Tensor
    others: Others
    hold: torch.Tensor

    @torch.no_grad()
    def answer(self) -> torch.Tensor:
        return self.net(self.features, self.code, self.others, self.hold)


def ask(seed: int, num_others: int, sees_others: bool = True) -> Question:
    torch.manual_seed(seed)
    others = Others(
        features=torch.randn(ROWS, num_others, FEATURES),
        option=torch.randint(OPTIONS, (ROWS, num_others)),
        age=torch.rand(ROWS, num_others) * 20,
        distance=torch.rand(ROWS, num_others) * 900,
        place=torch.randint(NEIGHBOURS + 3, (ROWS, num_others)),
        place_there=torch.randint(NEIGHBOURS + 3, (ROWS, num_others)),
        mask=(torch.rand(ROWS, num_others) < 0.7).float(),
    )
    net = OptionValues(ValueSizes(FEATURES, BANDS, NEIGHBOURS, OPTIONS, CODE, hidden=8), sees_others)
    return Question(net, torch.randn(ROWS, FEATURES), torch.randn(ROWS, CODE), others, torch.rand(ROWS))


def part(others: Others, rows: slice | torch.Tensor) -> Others:
    return Others(**{name: column[:, rows] for name, column in vars(others).items()})


@given(seeds, st.integers(1, 11))
def test_order_of_the_others_does_not_matter(seed: int, num_others: int) -> None:
    question = ask(seed, num_others)
    shuffled = replace(question, others=part(question.others, torch.randperm(num_others)))
    torch.testing.assert_close(question.answer(), shuffled.answer())


@given(seeds)
def test_an_absent_cell_counts_as_none_whatever_stands_in_its_place(seed: int) -> None:
    question = ask(seed, 3)
    others = replace(question.others, mask=torch.tensor([[1.0, 1.0, 0.0]]).expand(ROWS, 3))
    junk = replace(others, features=others.features + torch.tensor([0.0, 0.0, 99.0])[None, :, None])
    fewer = replace(question, others=part(others, slice(2)))
    torch.testing.assert_close(replace(question, others=others).answer(), fewer.answer())
    torch.testing.assert_close(replace(question, others=junk).answer(), fewer.answer())


@pytest.mark.parametrize("num_others", [0, 1, 2, 11])
def test_any_number_of_other_cells_gives_values(num_others: int) -> None:
    answer = ask(0, num_others).answer()
    assert answer.shape == (ROWS, OPTIONS)
    assert torch.isfinite(answer).all()


def test_codes_let_equal_cells_differ() -> None:
    question = ask(1, 2)
    assert not torch.allclose(question.answer(), replace(question, code=-question.code).answer())


@pytest.mark.parametrize("name", ["features", "option", "age", "distance", "place", "place_there", "mask"])
def test_all_that_is_held_of_the_others_is_seen(name: str) -> None:
    question = ask(2, 2)
    others = replace(question.others, mask=torch.ones(ROWS, 2))
    column = getattr(others, name)
    steps = {"option": OPTIONS, "place": NEIGHBOURS + 1, "place_there": NEIGHBOURS + 1}
    changed = (column + 1) % steps[name] if name in steps else column * 0.5
    seen, otherwise = (replace(question, others=held) for held in (others, replace(others, **{name: changed})))
    assert (seen.answer() != otherwise.answer()).any(dim=1).all()


@pytest.mark.parametrize("num_others", [0, 2])
def test_how_often_cells_decide_together_is_seen(num_others: int) -> None:
    question = ask(3, num_others)
    assert (replace(question, hold=question.hold + 0.5).answer() != question.answer()).any(dim=1).all()


def test_what_another_cell_is_worth_depends_on_the_own_features() -> None:
    """Other cells are seen beside the own one: their part of the values is no sum of the one's and the other's."""
    question = ask(4, 1)
    question = replace(question, others=replace(question.others, mask=torch.ones(ROWS, 1)))
    with torch.no_grad():
        question.net.band_layer.weight[:, : question.net.parts.per_band + question.net.parts.common].zero_()

    def step(features: torch.Tensor) -> torch.Tensor:
        changed = replace(question.others, features=question.others.features + 1.0)
        return replace(question, features=features, others=changed).answer() - replace(question, features=features).answer()

    assert not torch.allclose(step(question.features), step(question.features + 1.0))


@given(seeds)
def test_exchanged_sub_bands_exchange_the_options_that_leave_them_out(seed: int) -> None:
    """Options 2 to 5 leave out one sub-band each; with the second and third exchanged for all, so are options 3 and 4."""
    question = ask(seed, 2)
    others = replace(question.others, option=torch.randint(6, (ROWS, 2)))
    order, options = [0, 2, 1, 3, 4, 5], torch.tensor([0, 1, 2, 4, 3, 5, 6, 7])
    exchanged = replace(others, features=others.features[..., order], option=options[others.option])
    straight = replace(question, others=others)
    crossed = replace(question, features=question.features[:, order], others=exchanged)
    torch.testing.assert_close(crossed.answer()[:, :6], straight.answer()[:, options][:, :6])


def test_places_beyond_the_neighbour_list_are_alike() -> None:
    question = ask(5, 2)
    places = (torch.full((ROWS, 2), NEIGHBOURS + beyond) for beyond in (0, 4))
    far, farther = (replace(question, others=replace(question.others, place=place)) for place in places)
    assert torch.equal(far.answer(), farther.answer())


@given(seeds)
def test_values_that_see_no_others_ignore_them(seed: int) -> None:
    question = ask(seed, 3, sees_others=False)
    none = replace(question, others=part(question.others, slice(0)))
    assert torch.equal(question.answer(), none.answer())
