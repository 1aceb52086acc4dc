"""MADDPG: one actor for all cells, a centralised critic, choices through the straight-through Gumbel-softmax."""

from __future__ import annotations

import copy
from collections import deque

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.gradient_step import Descent, follow, remaining_share
from hiercoop.algorithms.flat.learner import FlatBehaviour, Metrics
from hiercoop.algorithms.flat.policy import make_policy, score_cells
from hiercoop.algorithms.flat.replay import sample_rounds
from hiercoop.algorithms.flat.temporal_difference import round_targets, squared_error
from hiercoop.algorithms.maddpg.config import MaddpgConfig
from hiercoop.algorithms.maddpg.losses import actor_loss
from hiercoop.algorithms.maddpg.networks import JointCritic
from hiercoop.algorithms.policy_gradient import mean_entropy
from hiercoop.config.scenario import RewardConfig
from hiercoop.nets.gumbel import gumbel_noise, straight_through
from hiercoop.nets.local_parts import LocalSpec


class MaddpgLearner:
    """Actor, critic, their targets and optimisers, and replay."""

    def __init__(self, spec: LocalSpec, config: MaddpgConfig, reward: RewardConfig) -> None:
        self.config = config
        self.discount = reward.discount
        self.policy = make_policy(spec, config)
        self.critic = JointCritic(spec.size, spec.num_vehicles * 2 * spec.num_bands, config.critic_hidden)
        self.target_policy = copy.deepcopy(self.policy).requires_grad_(False)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.parts = {
            "policy": self.policy,
            "critic": self.critic,
            "target_policy": self.target_policy,
            "target_critic": self.target_critic,
        }
        self.optimizers = {
            "actor": torch.optim.Adam(self.policy.parameters(), lr=config.policy_learning_rate, fused=True),
            "critic": torch.optim.Adam(self.critic.parameters(), lr=config.critic_learning_rate, fused=True),
        }
        self._actor = Descent("actor", self.optimizers["actor"], config.max_gradient_norm)
        self._critic = Descent("critic", self.optimizers["critic"], config.max_gradient_norm)
        self.replay: deque[FlatRollout] = deque(maxlen=config.replay_rollouts)

    def behaviour(self, progress: float) -> FlatBehaviour:
        """Draws from the policy, but for a falling share that is drawn evenly."""
        return FlatBehaviour(samples_choices=True, epsilon=self.config.epsilon(progress))

    def learn(self, rollout: FlatRollout, progress: float, generator: torch.Generator) -> Metrics:
        """Gradient steps on rounds from replay, the fresh ones included; TrainingError for a loss that is no number."""
        self.replay.append(rollout)
        self._actor.slow_down(progress)
        self._critic.slow_down(progress)
        entropy_weight = self.config.form_entropy_weight * remaining_share(progress)
        steps = self.config.num_updates(rollout.num_envs)
        sums = {"critic_loss": 0.0, "actor_loss": 0.0, "q": 0.0, "entropy": 0.0}
        for _ in range(steps):
            batch = sample_rounds(self.replay, self.config.batch_rounds, generator)
            figures = self._update_critic(batch, generator) | self._update_actor(batch, entropy_weight, generator)
            follow(self.target_critic, self.critic, self.config.target_rate)
            follow(self.target_policy, self.policy, self.config.target_rate)
            for name, figure in figures.items():
                sums[name] += figure
        return {name: figure / steps for name, figure in sums.items()}

    def _update_critic(self, batch: FlatRollout, generator: torch.Generator) -> Metrics:
        """One step of every Q_k towards r + gamma Q_k(S', a'), with a' drawn from the target policy."""
        with torch.no_grad():
            local, mask = batch.local[1:], batch.mask[1:]
            noise = gumbel_noise(local.new_zeros(()).expand(mask.shape), generator)
            drawn = score_cells(self.target_policy, local, mask, noise).choice
            following = self.target_critic(local, _one_hot_action(drawn, mask))
            reward = batch.learned_reward(self.discount).unsqueeze(-1).expand(*batch.reward.shape, batch.num_cells)
            target = round_targets(reward, following, self.discount)
        value = self.critic(batch.local, _one_hot_action(batch.choice, batch.mask))
        loss = self._critic.step(squared_error(value, target))
        return {"critic_loss": loss, "q": value.mean().item()}

    def _update_actor(self, batch: FlatRollout, entropy_weight: float, generator: torch.Generator) -> Metrics:
        """One step of the policy: each cell's own action drawn anew, the others' as they were."""
        noise = gumbel_noise(batch.local.new_zeros(()).expand(batch.mask.shape), generator)
        scores = score_cells(self.policy, batch.local, batch.mask, noise)
        # A later vehicle's logits hang on the earlier ones' choices; through those no gradient goes.
        drawn = straight_through(scores.logits + noise, scores.choice, self.config.temperature)
        has_choice = batch.mask.any(-1)
        own = (drawn * has_choice.unsqueeze(-1)).flatten(-2)
        value = self.critic.of_own(batch.local, _one_hot_action(batch.choice, batch.mask), own)
        loss = actor_loss(value, has_choice.any(-1))
        entropy = mean_entropy(scores.logits.flatten(0, 2), has_choice.flatten(0, 2))
        self._actor.step(loss - entropy_weight * entropy)
        return {"actor_loss": loss.item(), "entropy": entropy.item()}


def _one_hot_action(
    choice: Int[Tensor, "*batch vehicle"], mask: Bool[Tensor, "*batch vehicle choice"]
) -> Float[Tensor, "*batch action"]:
    """The vehicles' choices one-hot and end to end; zeros for vehicles that have none."""
    each = one_hot(choice, mask.shape[-1]) * mask.any(-1, keepdim=True)
    return each.flatten(-2).to(torch.get_default_dtype())
