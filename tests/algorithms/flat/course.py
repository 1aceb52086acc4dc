"""Flat learners in the coordination problem: gathering rounds, training, and what their best choices reach."""

from __future__ import annotations

import numpy as np
import torch

from hiercoop.algorithms.flat.experience import FlatRollout
from hiercoop.algorithms.flat.learner import FlatBehaviour, FlatLearner
from hiercoop.algorithms.flat.policy import score_cells
from hiercoop.algorithms.policy_gradient import joint_log_prob
from hiercoop.env.types import SNR_DB_SCALE, ObservationLayout
from hiercoop.nets.gumbel import gumbel_noise
from hiercoop.nets.local_parts import LocalSpec
from tests.algorithms.coordination import CoordinationEnv, coordination_scenario

NUM_ENVS = 32


def coordination_spec() -> LocalSpec:
    return LocalSpec(ObservationLayout.of(coordination_scenario()).shapes, SNR_DB_SCALE)


@torch.no_grad()
def collect(env: CoordinationEnv, policy: torch.nn.Module, behaviour: FlatBehaviour, generator: torch.Generator) -> FlatRollout:
    """One round of every environment."""
    observation = env.reset()
    steps = []
    for _ in range(env.scenario.episode_slots):
        local, mask = torch.from_numpy(observation.local), torch.from_numpy(observation.action_mask)
        noise = gumbel_noise(torch.zeros(mask.shape), generator) * behaviour.samples_choices
        # No logit stands against this noise: the vehicle's choice is an even draw.
        explored = torch.rand(mask.shape[:-1], generator=generator) < behaviour.epsilon
        noise = torch.where(explored.unsqueeze(-1), 1e9 * torch.rand(mask.shape, generator=generator), noise)
        scores = score_cells(policy, local, mask, noise)
        log_prob = joint_log_prob(scores.logits.flatten(0, 1), scores.choice.flatten(0, 1), mask.any(-1).flatten(0, 1))
        outcome = env.step(scores.choice.numpy())
        reward = torch.from_numpy(outcome.reward.total)
        steps.append((local, mask, scores.choice, log_prob.reshape(mask.shape[:2]), reward))
        observation = outcome.observation
    return FlatRollout(*(torch.stack(column) for column in zip(*steps, strict=True)))


def train(learner: FlatLearner, iterations: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for iteration in range(iterations):
        progress = iteration / iterations
        env = CoordinationEnv(NUM_ENVS, seed=1000 * seed + iteration)
        rollout = collect(env, learner.policy, learner.behaviour(progress), generator)
        learner.learn(rollout, progress, generator)


@torch.no_grad()
def share_of_optimum(policy: torch.nn.Module, num_slots: int = 1000) -> float:
    """What the policy's best choices reach of the enumerated optimum, on slots that it was not trained on."""
    env = CoordinationEnv(num_slots, seed=10**6)
    observation = env.reset()
    optimum_bps = env.optimum_bps().mean()
    scores = score_cells(policy, torch.from_numpy(observation.local), torch.from_numpy(observation.action_mask))
    reached_bps = env.step(scores.choice.numpy()).measurement.capacity_bps.sum(axis=1).mean()
    return float(np.asarray(reached_bps / optimum_bps))
