"""The coordination problem is one: neither chance nor looking at one's own gains alone comes near its optimum."""

from __future__ import annotations

import numpy as np

from hiercoop.algorithms.exhaustive import Exhaustive
from tests.algorithms.coordination import CoordinationEnv, random_share, selfish_share

NEAR_ON_BAND_1, FAR_ON_BAND_0 = 1, 0


def test_random_choices_reach_less_than_a_third_of_the_optimum() -> None:
    assert random_share() < 0.33


def test_selfish_choices_meet_on_one_band_and_reach_less_than_a_quarter() -> None:
    assert selfish_share() < 0.25


def test_the_best_joint_choice_gives_the_far_cell_the_better_band() -> None:
    env = CoordinationEnv(200, seed=1)
    best = Exhaustive(env.scenario).allocate(env.reset(), env.channel_state())[..., 0]
    own_gain = env.channel_state().gain[:, [0, 1], [0, 1], 1]
    near = own_gain.argmax(axis=1)
    assert (best[np.arange(200), near] == NEAR_ON_BAND_1).mean() > 0.99
    assert (best[np.arange(200), 1 - near] == FAR_ON_BAND_0).mean() > 0.99
