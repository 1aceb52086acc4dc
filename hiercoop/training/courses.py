"""Courses by the name of their algorithm."""

from __future__ import annotations

import torch

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import local_spec
from hiercoop.algorithms.maddpg.config import MaddpgConfig
from hiercoop.algorithms.maddpg.learner import MaddpgLearner
from hiercoop.algorithms.ppo.config import PpoConfig
from hiercoop.algorithms.ppo.learner import PpoLearner
from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.algorithms.qmix.learner import QmixLearner
from hiercoop.config.load import Tree, build
from hiercoop.config.radio import SettingsModel
from hiercoop.config.training import TrainingConfig
from hiercoop.training.course import Course
from hiercoop.training.flat_course import FlatCourse
from hiercoop.training.hiercoop_course import HierCoopCourse

SETTINGS: dict[str, type[SettingsModel]] = {
    "hiercoop": HierCoopConfig,
    "qmix": QmixConfig,
    "maddpg": MaddpgConfig,
    "ppo": PpoConfig,
}
"""What each algorithm can be told."""


def resolve(config: TrainingConfig) -> TrainingConfig:
    """The configuration with all of its algorithm's hyperparameters; ConfigError for one that the algorithm does not know."""
    hyper = build(SETTINGS[config.algorithm], dict(config.hyperparameters))
    return config.model_copy(update={"hyperparameters": hyper.model_dump(mode="json")})


def make_course(config: TrainingConfig) -> Course:
    """A course with fresh networks on the CPU, drawn from the configuration's seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return _course(config)


def _course(config: TrainingConfig) -> Course:
    spec, reward = local_spec(config.scenario), config.scenario.reward
    hyper: Tree = dict(config.hyperparameters)
    match config.algorithm:
        case "hiercoop":
            return HierCoopCourse(HierCoopLearner(spec, build(HierCoopConfig, hyper), reward))
        case "qmix":
            return FlatCourse(spec, QmixLearner(spec, build(QmixConfig, hyper), reward))
        case "maddpg":
            return FlatCourse(spec, MaddpgLearner(spec, build(MaddpgConfig, hyper), reward))
        case "ppo":
            return FlatCourse(spec, PpoLearner(spec, build(PpoConfig, hyper), reward))
