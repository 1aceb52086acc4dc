"""QMIX, MADDPG, PPO in training: whole delivery rounds under one policy without options, and what the learner makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.learner import FlatBehaviour, FlatLearner
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.execution.bundle import Dimensions
from hiercoop.nets.flat_graphs import FlatEdgeGraph, FlatSbsGraph
from hiercoop.nets.local_parts import LocalSpec
from hiercoop.training.course import BundleParts, Metrics, Played, Tensors
from hiercoop.training.curriculum import Lesson
from hiercoop.training.flat_rollout import collect_flat

BEST_CHOICES = FlatBehaviour(samples_choices=False, epsilon=0.0)


class FlatCourse:
    """The course of any `FlatLearner`."""

    def __init__(self, spec: LocalSpec, learner: FlatLearner) -> None:
        self._spec = spec
        self._learner = learner
        self.report_periods = (0,)

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """The learner's."""
        return self._learner.parts

    @property
    def acting(self) -> nn.Module:
        """The policy."""
        return self._learner.policy

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """The learner's."""
        return self._learner.optimizers

    def iterate(self, task: Lesson, num_envs: int, progress: float, generator: torch.Generator) -> Metrics:
        """Fresh delivery rounds, then what the learner does with them. There are no reports, whatever the lesson says."""
        behaviour = self._learner.behaviour(progress)
        lived = collect_flat(task.make_env(num_envs), self.acting, behaviour, generator)
        metrics: Metrics = {
            "epsilon": behaviour.epsilon,
            "reward": lived.rollout.reward.double().mean().item(),
            "sum_capacity_mbps": lived.capacity_bps.double().mean().item() / 1e6,
        }
        return metrics | self._learner.learn(lived.rollout, progress, generator)

    def play(self, env: HetNetEnv, report_period: int, generator: torch.Generator) -> Played:
        """Best choices; one option, never reported."""
        lived = collect_flat(env, self.acting, BEST_CHOICES, generator)
        return Played(
            capacity_bps=lived.capacity_bps,
            reward=lived.rollout.reward,
            is_delivered=lived.is_delivered,
            reports_per_slot=0.0,
            option_slots=torch.tensor([lived.rollout.log_prob.numel()]),
        )

    def replay_tensors(self) -> list[Tensors]:
        """The rollouts kept for replay, oldest first."""
        return [dict(vars(rollout)) for rollout in self._learner.replay]

    def restore_replay(self, rollouts: Sequence[Tensors]) -> None:
        """Replaces what is kept for replay."""
        self._learner.replay.clear()
        self._learner.replay.extend(FlatRollout(**tensors) for tensors in rollouts)

    def bundle_parts(self) -> BundleParts:
        """The policy as the lower layer, and an upper layer that nobody asks."""
        dimensions = Dimensions(
            observation=self._spec.size,
            vehicles=self._spec.num_vehicles,
            choices=2 * self._spec.num_bands,
            features=1,
            options=1,
            code=1,
            memory=1,
        )
        return BundleParts(FlatSbsGraph(self.acting), FlatEdgeGraph(), dimensions, max_option_slots=1, default_option=0)
