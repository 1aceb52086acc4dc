"""Flat PPO: one policy for all cells, a centralised value, clipped steps on fresh delivery rounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.gradient_step import Descent, remaining_share
from hiercoop.algorithms.flat.learner import FlatBehaviour, Metrics
from hiercoop.algorithms.flat.policy import make_policy, score_cells
from hiercoop.algorithms.policy_gradient import actor_loss, generalised_advantage, joint_log_prob, mean_entropy
from hiercoop.algorithms.ppo.config import PpoConfig
from hiercoop.algorithms.ppo.losses import normalised, value_loss
from hiercoop.algorithms.ppo.networks import JointValue
from hiercoop.config.scenario import RewardConfig
from hiercoop.nets.local_parts import LocalSpec


@dataclass(frozen=True)
class _ActorBatch:
    """Cells' slots, one row each."""

    local: Float[Tensor, "row feature"]
    mask: Bool[Tensor, "row vehicle choice"]
    choice: Int[Tensor, "row vehicle"]
    log_prob: Float[Tensor, "row"]
    advantage: Float[Tensor, "row"]

    def at(self, rows: Tensor) -> _ActorBatch:
        return _ActorBatch(*(column[rows] for column in vars(self).values()))


class PpoLearner:
    """Policy, value and their optimisers."""

    def __init__(self, spec: LocalSpec, config: PpoConfig, reward: RewardConfig) -> None:
        self.config = config
        self.discount = reward.discount
        self.policy = make_policy(spec, config)
        self.value = JointValue(spec.size, config.value_hidden)
        self.parts = {"policy": self.policy, "value": self.value}
        learning_rates = {"policy": config.policy_learning_rate, "value": config.value_learning_rate}
        self.optimizers = {
            name: torch.optim.Adam(part.parameters(), lr=learning_rates[name], fused=True) for name, part in self.parts.items()
        }
        self._descents = {
            name: Descent(name, optimizer, config.max_gradient_norm) for name, optimizer in self.optimizers.items()
        }
        self.replay: deque[FlatRollout] = deque(maxlen=0)

    def behaviour(self, progress: float) -> FlatBehaviour:
        """Draws from the policy: that is its exploration."""
        return FlatBehaviour(samples_choices=True, epsilon=0.0)

    def learn(self, rollout: FlatRollout, progress: float, generator: torch.Generator) -> Metrics:
        """Epochs of minibatches over a fresh rollout; TrainingError for a loss that is no number."""
        for descent in self._descents.values():
            descent.slow_down(progress)
        with torch.no_grad():
            value = self.value(rollout.local)
        reward = rollout.learned_reward(self.discount)
        advantage = generalised_advantage(reward, value, self.discount, self.config.gae_lambda)
        entropy_weight = self.config.entropy_weight * remaining_share(progress)
        metrics = self._learn_policy(_actor_batch(rollout, advantage), entropy_weight, generator)
        return metrics | self._learn_value(rollout.local.flatten(0, 1), (advantage + value).flatten(), generator)

    def _learn_policy(self, batch: _ActorBatch, entropy_weight: float, generator: torch.Generator) -> Metrics:
        sums: Metrics = {"policy_loss": 0.0, "entropy": 0.0, "approx_kl": 0.0}
        for rows in self._minibatches(len(batch.advantage), generator):
            for name, figure in self._policy_step(batch.at(rows), entropy_weight).items():
                sums[name] += figure
        return {name: figure / (self.config.epochs * self.config.minibatches) for name, figure in sums.items()}

    def _policy_step(self, batch: _ActorBatch, entropy_weight: float) -> Metrics:
        has_choice = batch.mask.any(-1)
        logits = score_cells(self.policy, batch.local, batch.mask, forced=batch.choice).logits
        log_prob = joint_log_prob(logits, batch.choice, has_choice)
        entropy = mean_entropy(logits, has_choice)
        surrogate = actor_loss(log_prob, batch.log_prob, batch.advantage, self.config.clip)
        self._descents["policy"].step(surrogate - entropy_weight * entropy)
        shift = (batch.log_prob - log_prob).mean()
        return {"policy_loss": surrogate.item(), "entropy": entropy.item(), "approx_kl": shift.item()}

    def _learn_value(
        self, local: Float[Tensor, "row cell feature"], returns: Float[Tensor, "row"], generator: torch.Generator
    ) -> Metrics:
        total = 0.0
        for rows in self._minibatches(len(returns), generator):
            total += self._descents["value"].step(value_loss(self.value(local[rows]), returns[rows]))
        return {"value_loss": total / (self.config.epochs * self.config.minibatches)}

    def _minibatches(self, num_rows: int, generator: torch.Generator) -> Iterator[Int[Tensor, "chosen"]]:
        for _ in range(self.config.epochs):
            yield from torch.randperm(num_rows, generator=generator, device=generator.device).tensor_split(
                self.config.minibatches
            )


def _actor_batch(rollout: FlatRollout, advantage: Float[Tensor, "slot env"]) -> _ActorBatch:
    """All cells' slots with the joint advantage; cells without a vehicle to serve have nothing to learn from."""
    acts = rollout.mask.any(-1).any(-1)
    each = advantage.unsqueeze(-1).expand(acts.shape)[acts]
    return _ActorBatch(
        local=rollout.local[acts],
        mask=rollout.mask[acts],
        choice=rollout.choice[acts],
        log_prob=rollout.log_prob[acts],
        advantage=normalised(each),
    )
