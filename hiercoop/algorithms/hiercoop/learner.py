"""HierCoop's learner: gradient steps of the option values and terminations from replay, of the policies from fresh rollouts."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiercoop.algorithms.hiercoop.config import HierCoopConfig
from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, SiteRelations
from hiercoop.algorithms.hiercoop.joint_values import (
    joint_values,
    mixing_at,
    option_values,
    regret_of_going_on,
    values_of,
)
from hiercoop.algorithms.hiercoop.losses import (
    cell_advantage,
    critic_loss,
    option_difference_loss,
    td_target,
    termination_loss,
)
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.algorithms.policy_gradient import actor_loss, generalised_advantage, joint_log_prob, mean_entropy
from hiercoop.config.scenario import RewardConfig
from hiercoop.errors import TrainingError
from hiercoop.nets.local_parts import LocalSpec

Metrics = dict[str, float]
FINAL_SHARE = 0.1
"""What the entropy bonus and the learning rates of critic and actor have fallen to at the end."""
SMALLEST_SPREAD = 1e-8


@dataclass(frozen=True)
class Transitions:
    """Slots t and t + 1 of equal numbers of cells, drawn from replay."""

    state: JointState
    option: Int[Tensor, "row cell"]
    reward: Float[Tensor, "row"]
    """(9) of slot t."""
    option_return_bps: Float[Tensor, "row cell option"]
    """What slot t and those after it would have brought had one cell followed another option, while it lasts."""
    next_state: JointState
    next_has_ended: Bool[Tensor, "row cell"]
    """Whose option ended at the start of slot t + 1, as it was lived."""
    is_last: Bool[Tensor, "row"]
    sites: SiteRelations


@dataclass(frozen=True)
class _Ahead:
    """What follows a slot, in the target networks' eyes."""

    q_tot: Float[Tensor, "row"]
    """Q-_tot(S', u); zero after the last slot."""
    num_reports: Float[Tensor, "row"]
    regret: Float[Tensor, "row cell"]
    """A_k of going on at S'."""


@dataclass(frozen=True)
class _ActorBatch:
    """Cells' slots of a rollout, one row each."""

    local: Tensor
    mask: Tensor
    option: Tensor
    choice: Tensor
    log_prob: Tensor
    advantage: Tensor

    def at(self, rows: Tensor) -> _ActorBatch:
        return _ActorBatch(*(column[rows] for column in vars(self).values()))


class HierCoopLearner:
    """Networks, target networks and their optimisers."""

    def __init__(self, spec: LocalSpec, config: HierCoopConfig, reward: RewardConfig) -> None:
        self.config = config
        self.discount = reward.discount
        self.reward_per_bps = reward.capacity_weight / 1e6
        self._has_alternatives = config.network.num_options > 1
        self.networks = HierCoopNetworks(spec, config)
        self.target = copy.deepcopy(self.networks).requires_grad_(False)
        networks = self.networks
        self._critic_parts = nn.ModuleList((networks.encoder, networks.values, networks.mixer))
        self._target_parts = nn.ModuleList((self.target.encoder, self.target.values, self.target.mixer))
        self.optimizers = {
            "critic": self._optimizer(self._critic_parts.parameters(), config.critic.learning_rate),
            "termination": self._optimizer(networks.termination.parameters(), config.option.termination_learning_rate),
            "actor": self._optimizer(networks.policy.parameters(), config.actor.learning_rate),
        }

    def update_critic(self, batch: Transitions, progress: float, generator: torch.Generator) -> Metrics:
        """One gradient step of the option values and their mixing (18), and one of the terminations (16)."""
        num_cells = batch.option.shape[1]
        scale, report_cost = self._reward_scale(num_cells), self._report_cost(num_cells)
        self._anneal("critic", self.config.critic.learning_rate, progress)
        prob = self._termination_prob(batch.next_state)
        ahead = self._look_ahead(batch, prob.detach(), generator)
        target = td_target(batch.reward * scale - report_cost * ahead.num_reports, ahead.q_tot, self.discount)
        values = option_values(self.networks, batch.state, batch.sites)
        q_tot, if_option = joint_values(self.networks, batch.state, values, batch.option)
        brought = batch.option_return_bps * (self.reward_per_bps * scale)
        per_step = num_cells / self.config.network.value_unit
        weight = batch.state.hold.clamp(min=self.config.critic.lasting_weight)
        difference_loss = option_difference_loss(if_option * per_step, brought * per_step, weight)
        value_loss = critic_loss(q_tot, target)
        self._step("critic", value_loss + self.config.critic.difference_weight * difference_loss, self._critic_parts)
        is_free = (batch.next_state.option_age < 1.0) & (batch.next_state.hold == 0.0) & ~batch.is_last.unsqueeze(-1)
        if self.config.option.terminates and self._has_alternatives and is_free.any():
            ending_loss = termination_loss(prob[is_free], ahead.regret[is_free], report_cost)
            self._step("termination", ending_loss, self.networks.termination)
        self._follow_target()
        return {
            "critic_loss": value_loss.item(),
            "option_difference_loss": difference_loss.item(),
            "option_difference": (brought - brought.mean(-1, keepdim=True)).mul(per_step).square().mean().item(),
            "q_tot": q_tot.mean().item(),
            "termination_prob": prob.mean().item(),
            "regret": ahead.regret.mean().item(),
        }

    @torch.no_grad()
    def _look_ahead(
        self, batch: Transitions, termination_prob: Float[Tensor, "row cell"], generator: torch.Generator
    ) -> _Ahead:
        """Slot t + 1 under the options that follow (13): those that go on, and the best where one ends."""
        state, option = batch.next_state, batch.next_state.previous_option
        ends = (state.option_age >= 1.0) | (torch.rand(option.shape, generator=generator) < termination_prob)
        # Where nothing is left to beta and age: reports are periodic, or there is one option only.
        is_as_lived = (state.hold > 0.0) | (not self._has_alternatives)
        ends = torch.where(is_as_lived, batch.next_has_ended, ends)
        values = option_values(self.target, state, batch.sites)
        mixing = mixing_at(self.target, state)
        q_tot = mixing.mix(values_of(values, torch.where(ends, values.argmax(-1), option)))
        going_on = mixing.mix_with_one_changed(values_of(values, option), values)
        follows = (~batch.is_last).to(q_tot.dtype)
        return _Ahead(
            q_tot=q_tot * follows,
            num_reports=ends.sum(-1) * follows,
            regret=regret_of_going_on(option, values, going_on),
        )

    def update_actor(self, rollout: Rollout, progress: float, generator: torch.Generator) -> Metrics:
        """Epochs over a fresh rollout of the intra-option policies (15); `progress` in [0, 1] anneals rate and entropy."""
        config = self.config.actor
        batch = self._actor_batch(rollout)
        remaining = 1.0 - (1.0 - FINAL_SHARE) * progress
        entropy_weight = config.entropy_weight * remaining
        self._anneal("actor", config.learning_rate, progress)
        sums: Metrics = {"actor_loss": 0.0, "entropy": 0.0, "approx_kl": 0.0}
        for _ in range(config.epochs):
            order = torch.randperm(len(batch.advantage), generator=generator)
            for rows in order.chunk(config.minibatches):
                for name, value in self._actor_step(batch.at(rows), entropy_weight).items():
                    sums[name] += value
        steps = config.epochs * config.minibatches
        return {name: value / steps for name, value in sums.items()}

    @torch.no_grad()
    def _actor_batch(self, rollout: Rollout) -> _ActorBatch:
        """Every cell's slots with the joint advantage; cells without a vehicle to serve are left out."""
        slots, envs = rollout.reward.shape
        num_cells = rollout.num_cells
        flat = rollout.state.flat()
        values = option_values(self.networks, flat, rollout.sites.expand(slots * envs))
        chosen = values_of(values, rollout.option.flatten(0, 1))
        q_tot = mixing_at(self.networks, flat).mix(chosen).reshape(slots, envs)
        reward = rollout.reward * self._reward_scale(num_cells)
        # Reports of slot t + 1 are charged with the reward of slot t, as in the target of (18).
        later_reports = torch.zeros_like(reward)
        later_reports[:-1] = rollout.has_ended[1:].sum(-1)
        reward = reward - self._report_cost(num_cells) * later_reports
        joint = generalised_advantage(reward, q_tot, self.discount, self.config.actor.gae_lambda)
        advantage = joint.unsqueeze(-1).expand(-1, -1, num_cells)
        if self.config.actor.num_alternatives > 0:
            per_bps = self.reward_per_bps * self._reward_scale(num_cells)
            made, otherwise = rollout.capacity_bps * per_bps, rollout.otherwise_bps * per_bps
            advantage = cell_advantage(joint, made, otherwise, self.config.actor.future_weight)
        mask = rollout.mask.flatten(0, 2)
        local = self.networks.local_of(rollout.state.sight)
        columns = (local, rollout.mask, rollout.option, rollout.choice, rollout.log_prob, advantage)
        flat_columns = [column.flatten(0, 2) for column in columns]
        rows = mask.any(-1).any(-1).nonzero().squeeze(-1)
        batch = _ActorBatch(*flat_columns).at(rows)
        spread = batch.advantage.std() + SMALLEST_SPREAD
        return replace(batch, advantage=(batch.advantage - batch.advantage.mean()) / spread)

    def _actor_step(self, batch: _ActorBatch, entropy_weight: float) -> Metrics:
        has_choice = batch.mask.any(-1)
        noise = torch.zeros_like(batch.mask, dtype=batch.local.dtype)
        scores = self.networks.policy(batch.local, batch.mask, batch.option, noise, batch.choice)
        log_prob = joint_log_prob(scores.logits, batch.choice, has_choice)
        entropy = mean_entropy(scores.logits, has_choice)
        surrogate = actor_loss(log_prob, batch.log_prob, batch.advantage, self.config.actor.clip)
        self._step("actor", surrogate - entropy_weight * entropy, self.networks.policy)
        shift = (batch.log_prob - log_prob).mean()
        return {"actor_loss": surrogate.item(), "entropy": entropy.item(), "approx_kl": shift.item()}

    def _termination_prob(self, state: JointState) -> Float[Tensor, "row cell"]:
        """beta of the options in force; zero where reports end them."""
        lasting = (state.hold[:, 0] == 0.0).nonzero().squeeze(-1)
        option = state.previous_option[lasting]
        with torch.no_grad():
            features = self.networks.encoder(state.sight[lasting], state.hold[lasting])
        prob = self.networks.termination(features.flatten(0, 1), option.flatten()).reshape(option.shape)
        return torch.zeros(state.hold.shape).index_copy(0, lasting, prob)

    def _reward_scale(self, num_cells: int) -> float:
        """Rewards are learned a cell and times (1 - gamma), so that values stay about 1 for any K and any discount."""
        return (1.0 - self.discount) / num_cells

    def _report_cost(self, num_cells: int) -> float:
        """xi times the bytes of one report and its answer, in units of the scaled reward."""
        return self.config.option.signalling_cost_per_byte * self.config.report_bytes * self._reward_scale(num_cells)

    def _optimizer(self, parameters: Iterable[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
        if self.config.optimizer == "rmsprop":
            return torch.optim.RMSprop(parameters, lr=learning_rate)
        return torch.optim.Adam(parameters, lr=learning_rate, fused=True)

    def _anneal(self, name: str, learning_rate: float, progress: float) -> None:
        """Learning rates fall linearly."""
        for group in self.optimizers[name].param_groups:
            group["lr"] = learning_rate * (1.0 - (1.0 - FINAL_SHARE) * progress)

    def _step(self, name: str, loss: Tensor, part: nn.Module) -> None:
        if not math.isfinite(loss.item()):
            raise TrainingError(
                f"the {name} loss is {loss.item()}; go on from the last checkpoint with a lower {name} learning rate"
            )
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(part.parameters(), self.config.max_gradient_norm)
        optimizer.step()

    @torch.no_grad()
    def _follow_target(self) -> None:
        rate = self.config.critic.target_rate
        for target, online in zip(self._target_parts.parameters(), self._critic_parts.parameters(), strict=True):
            target.lerp_(online, rate)
