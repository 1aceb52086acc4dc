"""Training lives by the rules of execution: a rollout has the options and choices that the networks' bundle has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hiercoop.algorithms.bundle_allocator import BundleAllocator
from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks, local_spec
from hiercoop.config.run import RunConfig
from hiercoop.config.scenario import ScenarioConfig, TrafficConfig
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.execution.bundle import Manifest, PolicyBundle, make_bundle
from hiercoop.training.curriculum import Lesson
from hiercoop.training.edge_memory import OptionRules
from hiercoop.training.export import edge_onnx, sbs_onnx
from hiercoop.training.hiercoop_course import HierCoopCourse
from hiercoop.training.rollout import Behaviour, collect

SCENARIO = ScenarioConfig(num_sbs=4, episode_slots=16, traffic=TrafficConfig(payload_bytes=20_000.0))
ENVS, SEED, MAX_OPTION_SLOTS = 6, 9, 5


@pytest.fixture(scope="module")
def course() -> HierCoopCourse:
    """A little trained, so that options differ; options run to their maximum length and codes do not count, so that nothing
    is drawn at random."""
    torch.manual_seed(5)
    settings = {"option": {"terminates": False, "max_option_slots": MAX_OPTION_SLOTS}, "critic": {"updates": 80}}
    config = HierCoopConfig.model_validate(settings)
    made = HierCoopCourse(HierCoopLearner(local_spec(SCENARIO), config, SCENARIO.reward))
    generator = torch.Generator().manual_seed(6)
    for iteration, report_period in enumerate((1, 4, 1, 4, 1, 4)):
        task = Lesson(SCENARIO, np.full(SCENARIO.num_links, 20_000.0), report_period, seed=iteration)
        made.iterate(task, 2 * ENVS, progress=0.5, generator=generator)
    for values in (made.acting.values.of_one_slot, made.acting.values.while_it_lasts):
        before_code = values.parts.per_band + values.parts.common + values.sizes.hidden
        with torch.no_grad():
            values.band_layer.weight[:, before_code : before_code + values.sizes.code_size] = 0.0
    return made


@pytest.fixture(scope="module")
def bundle(course: HierCoopCourse) -> PolicyBundle:
    parts = course.bundle_parts()
    manifest = Manifest(
        scenario=SCENARIO.name,
        scenario_digest=SCENARIO.digest(),
        dimensions=parts.dimensions,
        algorithm="hiercoop",
        max_option_slots=parts.max_option_slots,
        default_option=0,
    )
    return make_bundle(manifest, sbs_onnx(parts), edge_onnx(parts))


def choices_in_training(networks: HierCoopNetworks, report_period: int) -> tuple[np.ndarray, np.ndarray]:
    behaviour = Behaviour(OptionRules(MAX_OPTION_SLOTS, report_period))
    lived = collect(HetNetEnv(SCENARIO, ENVS, SEED), networks, behaviour, torch.Generator().manual_seed(1))
    return lived.choice.numpy(), torch.bincount(lived.option.flatten(), minlength=8).numpy() / lived.option.numel()


@pytest.mark.parametrize(
    ("modes", "report_period"),
    [
        ({"reporting": "every-slot"}, 1),
        ({"reporting": "periodic", "report_period_slots": 3}, 3),
        ({"reporting": "on-termination"}, 0),
    ],
    ids=lambda value: value["reporting"] if isinstance(value, dict) else "",
)
def test_a_rollout_is_what_the_bundle_would_have_done(
    course: HierCoopCourse, bundle: PolicyBundle, modes: dict[str, object], report_period: int
) -> None:
    wanted, wanted_share = choices_in_training(course.acting, report_period)
    run = RunConfig.model_validate({"scenario": SCENARIO, "seed": SEED, "codec": "fp32", **modes})
    env, allocator = HetNetEnv(SCENARIO, ENVS, SEED), BundleAllocator("bundle", bundle, run)
    allocator.reset(ENVS)
    observation = env.reset()
    for slot in range(SCENARIO.episode_slots):
        choice = allocator.allocate(observation, env.channel_state())
        has_choice = observation.action_mask.any(-1)
        np.testing.assert_array_equal(choice[has_choice], wanted[slot][has_choice])
        observation = env.step(choice).observation
    np.testing.assert_allclose(allocator.option_share(), wanted_share)
    assert np.count_nonzero(wanted_share > 0.02) > 2
