"""QMIX: utilities of the cells, mixed monotonically, learned from replay of whole delivery rounds."""

from __future__ import annotations

import copy
from collections import deque

import torch

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.gradient_step import Descent, follow
from hiercoop.algorithms.flat.learner import FlatBehaviour, Metrics
from hiercoop.algorithms.flat.replay import sample_rounds
from hiercoop.algorithms.flat.temporal_difference import round_targets, squared_error
from hiercoop.algorithms.qmix.config import QmixConfig
from hiercoop.algorithms.qmix.networks import QmixNetworks
from hiercoop.config.scenario import RewardConfig
from hiercoop.nets.local_parts import LocalSpec


class QmixLearner:
    """Networks, target networks, optimiser and replay."""

    def __init__(self, spec: LocalSpec, config: QmixConfig, reward: RewardConfig) -> None:
        self.config = config
        self.discount = reward.discount
        self.networks = QmixNetworks(spec, config)
        self.target = copy.deepcopy(self.networks).requires_grad_(False)
        self.policy = self.networks.policy
        self.parts = {
            "policy": self.policy,
            "utility": self.networks.utility,
            "mixer": self.networks.mixer,
            "target": self.target,
        }
        mixing = [*self.networks.utility.parameters(), *self.networks.mixer.parameters()]
        groups = [
            {"params": list(self.policy.parameters()), "lr": config.policy_learning_rate},
            {"params": mixing, "lr": config.mixer_learning_rate},
        ]
        self.optimizers = {"q_tot": torch.optim.Adam(groups, fused=True)}
        self._descent = Descent("q_tot", self.optimizers["q_tot"], config.max_gradient_norm)
        self.replay: deque[FlatRollout] = deque(maxlen=config.replay_rollouts)

    def behaviour(self, progress: float) -> FlatBehaviour:
        """The best choices, but for a falling share that is drawn evenly."""
        return FlatBehaviour(samples_choices=False, epsilon=self.config.epsilon(progress))

    def learn(self, rollout: FlatRollout, progress: float, generator: torch.Generator) -> Metrics:
        """Gradient steps on rounds from replay, the fresh ones included; TrainingError for a loss that is no number."""
        self.replay.append(rollout)
        self._descent.slow_down(progress)
        steps = self.config.num_updates(rollout.num_envs)
        sums = {"q_tot_loss": 0.0, "q_tot": 0.0}
        for _ in range(steps):
            for name, figure in self._update(sample_rounds(self.replay, self.config.batch_rounds, generator)).items():
                sums[name] += figure
        return {name: figure / steps for name, figure in sums.items()}

    def _update(self, batch: FlatRollout) -> Metrics:
        """One step of Q_tot towards r + gamma max Q_tot(S') under the target networks."""
        shape = batch.reward[1:].shape
        with torch.no_grad():
            following = self.target(batch.local[1:].flatten(0, 1), batch.mask[1:].flatten(0, 1)).reshape(shape)
            target = round_targets(batch.learned_reward(self.discount), following, self.discount).flatten()
        q_tot = self.networks(batch.local.flatten(0, 1), batch.mask.flatten(0, 1), batch.choice.flatten(0, 1))
        loss = self._descent.step(squared_error(q_tot, target))
        follow(self.target, self.networks, self.config.target_rate)
        return {"q_tot_loss": loss, "q_tot": q_tot.mean().item()}
