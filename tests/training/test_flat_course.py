"""Policies without options: how they gather experience, and the bundle that they become."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hiercoop.algorithms.bundle_allocator import BundleAllocator
from hiercoop.algorithms.flat.learner import FlatBehaviour
from hiercoop.algorithms.flat.policy import score_cells
from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.algorithms.policy_gradient import joint_log_prob
from hiercoop.algorithms.ppo.config import PpoConfig
from hiercoop.algorithms.ppo.learner import PpoLearner
from hiercoop.config.run import Reporting, RunConfig
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.execution.bundle import Manifest, PolicyBundle, make_bundle
from hiercoop.execution.in_process import run_in_process
from hiercoop.execution.sbs_memory import no_memory
from hiercoop.execution.sbs_policy import SbsPolicy
from hiercoop.execution.trace import TraceWriter
from hiercoop.training.export import edge_onnx, sbs_onnx
from hiercoop.training.flat_course import BEST_CHOICES, FlatCourse
from hiercoop.training.flat_rollout import FlatPlay, collect_flat
from tests.observations import random_rows

SCENARIO = ScenarioConfig(episode_slots=12, traffic=TrafficConfig(payload_bytes=4_000.0))
DRAWN = FlatBehaviour(samples_choices=True, epsilon=0.0)
EXPLORING = FlatBehaviour(samples_choices=False, epsilon=1.0)


def course(form: str = "scorer") -> FlatCourse:
    torch.manual_seed(2)
    spec = local_spec(SCENARIO)
    made = FlatCourse(spec, PpoLearner(spec, PpoConfig(form=form), SCENARIO.reward))
    for name, weight in made.acting.named_parameters():
        # As after some training: no part is at rest.
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3 if name.startswith("out") else 0.1)
    return made


def play(behaviour: FlatBehaviour, num_envs: int = 4, form: str = "scorer") -> FlatPlay:
    env = HetNetEnv(SCENARIO, num_envs, 5)
    return collect_flat(env, course(form).acting, behaviour, torch.Generator().manual_seed(1))


def bundle(form: str) -> PolicyBundle:
    parts = course(form).bundle_parts()
    manifest = Manifest(scenario=SCENARIO.name, scenario_digest=SCENARIO.digest(), dimensions=parts.dimensions, algorithm="ppo")
    return make_bundle(manifest, sbs_onnx(parts), edge_onnx(parts))


def has_choice(lived: FlatPlay) -> torch.Tensor:
    return lived.rollout.mask.any(-1)


@pytest.mark.parametrize("behaviour", [DRAWN, EXPLORING, BEST_CHOICES])
def test_choices_are_allowed_ones(behaviour: FlatBehaviour) -> None:
    lived = play(behaviour)
    allowed = lived.rollout.mask.gather(-1, lived.rollout.choice.unsqueeze(-1)).squeeze(-1)
    assert not has_choice(lived).all()
    assert allowed[has_choice(lived)].all()


def test_exploring_vehicles_choose_evenly_and_others_as_the_policy_does() -> None:
    explored, best = (play(behaviour, num_envs=48) for behaviour in (EXPLORING, BEST_CHOICES))
    counts = torch.bincount(explored.rollout.choice[has_choice(explored)], minlength=8).double()
    num_draws = counts.sum()
    assert num_draws > 2000
    # Five standard deviations of a binomial count.
    assert (counts - num_draws / 8).abs().max() < 5.0 * (num_draws * 7 / 64).sqrt()
    scores = score_cells(course().acting, best.rollout.local, best.rollout.mask)
    assert torch.equal(best.rollout.choice, scores.choice)


def test_a_share_of_the_vehicles_explores() -> None:
    lived = play(FlatBehaviour(samples_choices=False, epsilon=0.5), num_envs=48, form="mlp")
    scores = score_cells(course("mlp").acting, lived.rollout.local, lived.rollout.mask)
    differs = (lived.rollout.choice != scores.choice)[has_choice(lived)].double().mean()
    # Half of the vehicles explore, and one in eight of these draws the best choice all the same.
    assert differs == pytest.approx(0.5 * 7 / 8, abs=0.03)


def test_log_probabilities_are_those_of_the_choices_under_the_policy() -> None:
    rollout = play(DRAWN).rollout
    scores = score_cells(course().acting, rollout.local, rollout.mask, forced=rollout.choice)
    rows = (scores.logits.flatten(0, 2), rollout.choice.flatten(0, 2), rollout.mask.any(-1).flatten(0, 2))
    assert torch.allclose(joint_log_prob(*rows), rollout.log_prob.flatten(), atol=1e-5)
    assert rollout.log_prob.min() < -0.1


def test_a_rollout_ends_with_the_deadline_and_has_the_rewards_of_its_choices() -> None:
    lived = play(DRAWN)
    env = HetNetEnv(SCENARIO, 4, 5)
    env.reset()
    for slot in range(SCENARIO.episode_slots):
        outcome = env.step(lived.rollout.choice[slot].numpy())
        np.testing.assert_array_equal(lived.rollout.reward[slot].numpy(), outcome.reward.total)
    assert outcome.measurement.is_round_end
    np.testing.assert_array_equal(lived.is_delivered.numpy(), outcome.measurement.is_delivered)


def test_a_played_round_has_one_option_and_no_reports() -> None:
    played = course().play(HetNetEnv(SCENARIO, 2, 5), 0, torch.Generator().manual_seed(1))
    assert played.reports_per_slot == 0.0
    assert played.option_slots.tolist() == [12 * 2 * 3]


@pytest.mark.parametrize("form", ["mlp", "scorer"])
def test_the_exported_graph_chooses_as_the_policy(form: str) -> None:
    rows = random_rows(SCENARIO, 64, np.random.default_rng(1))
    told = SbsPolicy(bundle(form), hold=0.0).infer(rows["local"], rows["mask"], np.zeros(64, np.int64), no_memory(64, 1))
    with torch.no_grad():
        scores = score_cells(course(form).acting, torch.from_numpy(rows["local"]), torch.from_numpy(rows["mask"]))
    assert np.array_equal(told.choice, scores.choice.numpy())
    assert told.features.shape == (64, 1)
    assert not told.features.any()
    assert not told.termination.any()


@pytest.mark.parametrize("form", ["mlp", "scorer"])
@pytest.mark.parametrize("reporting", ["every-slot", "on-termination"])
def test_a_flat_bundle_serves_without_reports_as_it_is_evaluated(tmp_path: Path, form: str, reporting: Reporting) -> None:
    run = RunConfig(scenario=SCENARIO, seed=11, reporting=reporting, max_slots=30)
    served = bundle(form)
    choices: list[np.ndarray] = []
    with TraceWriter(tmp_path / "trace") as trace:
        whole = run_in_process(run, served, trace, on_slot=lambda record: choices.append(record.measured.choice[0]))
    assert {count.type for count in whole.edge.ledger.counts()} == {"RegisterRequest", "RegisterResponse"}
    assert (tmp_path / "trace").read_bytes().count(b"\n") > 30
    env, allocator = HetNetEnv(SCENARIO, 1, 11), BundleAllocator("flat", served, run)
    allocator.reset(1)
    observation = env.reset()
    for slot in range(30):
        outcome = env.step(allocator.allocate(observation, env.channel_state()))
        np.testing.assert_array_equal(outcome.measurement.choice[0], choices[slot])
        observation = outcome.observation
    assert vars(allocator.signalling()) == dict.fromkeys(vars(allocator.signalling()), 0.0)
    assert allocator.option_share() == [1.0]
