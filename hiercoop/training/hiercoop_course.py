"""HierCoop in training: option values and terminations from replay, intra-option policies from fresh rollouts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, SiteRelations
from hiercoop.algorithms.hiercoop.learner import HierCoopLearner
from hiercoop.algorithms.hiercoop.networks import EdgeGraph, HierCoopNetworks, SbsGraph
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.execution.bundle import Dimensions
from hiercoop.training.course import BundleParts, Metrics, Played, Tensors
from hiercoop.training.curriculum import Lesson
from hiercoop.training.edge_memory import OptionRules
from hiercoop.training.replay import Replay
from hiercoop.training.rollout import Behaviour, collect
from hiercoop.training.schedules import linear

FREE_OPTION = 0
"""The option whose band plan leaves out nothing (`nets.band_plans`)."""
STATE, SITES = "state.", "sites."
"""Before the names of a saved rollout's joint states, and of its sites' relations."""


class HierCoopCourse:
    """The course of `HierCoopLearner`."""

    def __init__(self, learner: HierCoopLearner) -> None:
        self.parts = {"networks": learner.networks, "target": learner.target}
        self.optimizers = learner.optimizers
        self.report_periods = (0, 1)
        self._learner = learner
        self._replay = Replay(learner.config.critic.replay_rollouts)

    @property
    def acting(self) -> HierCoopNetworks:
        """All networks but the targets."""
        return self._learner.networks

    def iterate(self, task: Lesson, num_envs: int, progress: float, generator: torch.Generator) -> Metrics:
        """Fresh delivery rounds, gradient steps of the critic from replay, then of the actor from the fresh rounds."""
        hyper = self._learner.config
        option = hyper.option
        epsilon = linear(option.epsilon_start, option.epsilon_end, option.epsilon_anneal_share, progress)
        is_policy_learning = torch.rand(1, generator=generator).item() < hyper.actor.share
        behaviour = Behaviour(
            rules=self._rules(task.report_period),
            epsilon=epsilon,
            samples_choices=is_policy_learning,
            num_alternatives=hyper.actor.num_alternatives,
            compares_options=hyper.critic.difference_weight > 0.0,
        )
        rollout = collect(task.make_env(num_envs), self.acting, behaviour, generator)
        self._replay.add(rollout)
        metrics: Metrics = {
            "epsilon": epsilon,
            "reward": rollout.reward.double().mean().item(),
            "sum_capacity_mbps": rollout.capacity_bps.double().mean().item() / 1e6,
            "reports_per_slot": rollout.has_ended.double().sum(-1).mean().item(),
        }
        for _ in range(hyper.critic.updates):
            batch = self._replay.sample(hyper.critic.batch_size, generator)
            metrics |= self._learner.update_critic(batch, progress, generator)
        if is_policy_learning:
            metrics |= self._learner.update_actor(rollout, progress, generator)
        return metrics

    def play(self, env: HetNetEnv, report_period: int, generator: torch.Generator) -> Played:
        """Best choices and best options."""
        rollout = collect(env, self.acting, Behaviour(self._rules(report_period)), generator)
        return Played(
            capacity_bps=rollout.capacity_bps,
            reward=rollout.reward,
            is_delivered=rollout.is_delivered,
            reports_per_slot=rollout.has_ended.double().sum(-1).mean().item(),
            option_slots=torch.bincount(rollout.option.flatten(), minlength=self.acting.sizes.num_options),
        )

    def replay_tensors(self) -> list[Tensors]:
        """The rollouts kept for replay, oldest first."""
        return [_rollout_tensors(rollout) for rollout in self._replay.rollouts]

    def restore_replay(self, rollouts: Sequence[Tensors]) -> None:
        """Replaces what is kept for replay."""
        self._replay.rollouts.clear()
        for tensors in rollouts:
            self._replay.add(_rollout_of(tensors))

    def bundle_parts(self) -> BundleParts:
        """Both layers of the agent."""
        networks = self.acting
        spec, sizes = networks.spec, networks.sizes
        dimensions = Dimensions(
            observation=spec.size,
            vehicles=spec.num_vehicles,
            choices=2 * spec.num_bands,
            features=sizes.num_features,
            options=sizes.num_options,
            code=sizes.code_size,
            memory=networks.outlook.size,
        )
        max_option_slots = self._learner.config.option.max_option_slots
        values = networks.values
        return BundleParts(
            sbs=SbsGraph(networks),
            edge=EdgeGraph(values.of_one_slot),
            dimensions=dimensions,
            max_option_slots=max_option_slots,
            default_option=FREE_OPTION,
            lasting_edge=EdgeGraph(values.while_it_lasts),
        )

    def _rules(self, report_period: int) -> OptionRules:
        hyper = self._learner.config
        return OptionRules(hyper.option.max_option_slots, report_period, hyper.network.num_options > 1)


def _rollout_tensors(rollout: Rollout) -> Tensors:
    state = {STATE + name: value for name, value in vars(rollout.state).items()}
    sites = {SITES + name: value for name, value in vars(rollout.sites).items()}
    return state | sites | {name: value for name, value in vars(rollout).items() if isinstance(value, Tensor)}


def _rollout_of(tensors: Tensors) -> Rollout:
    flat = {name: value for name, value in tensors.items() if "." not in name}
    return Rollout(state=JointState(**_under(tensors, STATE)), sites=SiteRelations(**_under(tensors, SITES)), **flat)


def _under(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
