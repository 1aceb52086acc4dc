"""Fresh experience: the actor in the environment, from the first slot of a delivery round to its deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, SiteRelations, stack_states
from hiercoop.algorithms.hiercoop.joint_values import decide_together, option_values
from hiercoop.algorithms.hiercoop.losses import return_while_it_lasts
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.algorithms.policy_gradient import joint_log_prob
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.env.types import Observation
from hiercoop.execution.sbs_memory import present_share
from hiercoop.nets.gumbel import gumbel_noise
from hiercoop.radio.geometry import neighbour_places, site_distances_m
from hiercoop.training.counterfactual import capacity_otherwise_bps
from hiercoop.training.edge_memory import EdgeMemory, OptionRules


@dataclass(frozen=True)
class Behaviour:
    """How the actor behaves, and what is asked beside."""

    rules: OptionRules
    epsilon: float = 0.0
    """Share of options that are chosen at random."""
    samples_choices: bool = False
    """False: the best choice, as the bundle acts."""
    num_alternatives: int = 0
    """Draws of what each cell might have chosen instead, for the counterfactual baseline; 0 for none."""
    compares_options: bool = False
    """What each cell's other options would have brought in the slot."""


@dataclass(frozen=True)
class _Slot:
    """What the cells see, and what their vehicles would do under each option."""

    local: Float[Tensor, "env cell feature"]
    mask: Bool[Tensor, "env cell vehicle choice"]
    sight: Float[Tensor, "env cell sight"]
    option_choice: Int[Tensor, "option env cell vehicle"]


@torch.no_grad()
def collect(env: HetNetEnv, networks: HierCoopNetworks, behaviour: Behaviour, generator: torch.Generator) -> Rollout:
    """One delivery round of every environment, from a reset to the deadline."""
    device = generator.device
    observation = env.reset()
    num_envs, num_cells = observation.local.shape[:2]
    code = torch.randn(num_envs, num_cells, networks.sizes.code_size, generator=generator)
    sites = site_relations(env, device)
    memory = EdgeMemory(code, networks.sight_size, behaviour.rules)
    averages = torch.zeros(num_envs, num_cells, networks.outlook.size)
    states: list[JointState] = []
    steps: list[tuple[Tensor, ...]] = []
    for num_before in range(env.scenario.episode_slots):
        slot = _consider(networks, observation, averages, present_share(num_before))
        averages = networks.memory_of(slot.sight)
        state, option, ended, goes_on = _decide(networks, memory, slot.sight, sites, behaviour.epsilon, generator)
        memory.follow(slot.sight, option, ended)
        drawn, log_prob = _allocate(networks, slot, option, behaviour, generator)
        otherwise_bps = _compare_draws(env, drawn)
        option_bps = torch.zeros(*option.shape, networks.sizes.num_options)
        if behaviour.compares_options:
            option_bps = _compare_options(env, option, slot.option_choice)
        outcome = env.step(drawn[0].cpu().numpy())
        states.append(state)
        reward = torch.from_numpy(outcome.reward.total).to(device)
        capacity_bps = torch.from_numpy(outcome.measurement.capacity_bps.sum(axis=1)).to(device)
        compared = (otherwise_bps, option_bps, goes_on)
        steps.append((slot.mask, option, ended, drawn[0], log_prob, *compared, reward, capacity_bps))
        observation = outcome.observation
    columns = [torch.stack(column) for column in zip(*steps, strict=True)]
    mask, option, ended, choice, log_prob, otherwise_bps, option_bps, goes_on, reward, capacity_bps = columns
    return Rollout(
        state=stack_states(states),
        mask=mask,
        option=option,
        has_ended=ended,
        choice=choice,
        log_prob=log_prob,
        otherwise_bps=otherwise_bps,
        option_return_bps=return_while_it_lasts(option_bps, goes_on, env.scenario.reward.discount),
        reward=reward,
        capacity_bps=capacity_bps,
        sites=sites.at(0),
        is_delivered=torch.from_numpy(outcome.measurement.is_delivered).to(device),
    )


def site_relations(env: HetNetEnv, device: torch.device) -> SiteRelations:
    """How the SBSs' sites lie to each other, for all environments."""
    distance_m = site_distances_m(env.world.sbs_sites_m)
    columns = (torch.from_numpy(column).to(device) for column in (distance_m, neighbour_places(distance_m)))
    return SiteRelations(*columns).expand(env.num_envs)


def _consider(
    networks: HierCoopNetworks, observation: Observation, averages: Float[Tensor, "env cell outlook"], present_share: float
) -> _Slot:
    device = averages.device
    local = torch.from_numpy(observation.local).to(device)
    mask = torch.from_numpy(observation.action_mask).to(device)
    choice, sight = networks.consider(local.flatten(0, 1), mask.flatten(0, 1), averages.flatten(0, 1), present_share)
    cells = local.shape[:2]
    by_option = choice.transpose(0, 1).reshape(-1, *cells, choice.shape[-1])
    return _Slot(local, mask, sight.reshape(*cells, -1), by_option)


def _decide(
    networks: HierCoopNetworks,
    memory: EdgeMemory,
    sight: Float[Tensor, "env cell sight"],
    sites: SiteRelations,
    epsilon: float,
    generator: torch.Generator,
) -> tuple[JointState, Int[Tensor, "env cell"], Bool[Tensor, "env cell"], Float[Tensor, "env cell"]]:
    """The state, the options in force in the slot, epsilon-greedy where one ended, whose ended, and how likely each went on."""
    state = memory.observe(sight)
    shape = state.previous_option.shape
    features = networks.encoder(sight, state.hold)
    termination = networks.termination(features.flatten(0, 1), state.previous_option.flatten()).reshape(shape)
    ended = memory.ended(torch.rand(shape, generator=generator) < termination)
    if memory.is_joint:
        best = decide_together(networks, state, sites)
    elif ended.any():
        best = option_values(networks, state, sites).argmax(-1)
    else:
        best = state.previous_option
    explored = torch.randint(networks.sizes.num_options, shape, generator=generator)
    is_explored = torch.rand(shape, generator=generator) < epsilon
    option = torch.where(ended, torch.where(is_explored, explored, best), state.previous_option)
    if memory.is_joint:
        # Each cell was decided with the others' new options in sight.
        state = replace(state, held_option=option)
    return state, option, ended, memory.goes_on(termination)


def _allocate(
    networks: HierCoopNetworks,
    slot: _Slot,
    option: Int[Tensor, "env cell"],
    behaviour: Behaviour,
    generator: torch.Generator,
) -> tuple[Int[Tensor, "draw env cell vehicle"], Float[Tensor, "env cell"]]:
    """Draws of each vehicle's choice, the first to be acted on, and the log-probability of each cell's first draw."""
    if not behaviour.samples_choices:
        return _under(option, slot.option_choice).unsqueeze(0), torch.zeros(option.shape)
    num_draws = 1 + behaviour.num_alternatives
    # Draws lead, as rows of one batch.
    rows = [column.flatten(0, 1).repeat(num_draws, *[1] * (column.ndim - 2)) for column in (slot.local, slot.mask, option)]
    scores = networks.policy(*rows, gumbel_noise(torch.empty(rows[1].shape), generator))
    first = slice(option.numel())
    log_prob = joint_log_prob(scores.logits[first], scores.choice[first], rows[1][first].any(-1))
    return scores.choice.reshape(num_draws, *option.shape, -1), log_prob.reshape(option.shape)


def _under(
    option: Int[Tensor, "env cell"], option_choice: Int[Tensor, "option env cell vehicle"]
) -> Int[Tensor, "env cell vehicle"]:
    index = option[None, :, :, None].expand(1, -1, -1, option_choice.shape[-1])
    return option_choice.gather(0, index).squeeze(0)


def _compare_draws(env: HetNetEnv, drawn: Int[Tensor, "draw env cell vehicle"]) -> Float[Tensor, "env cell"]:
    """Mean sum capacity [bit/s] over the other draws of each cell's choices, the other cells' kept; zero without any."""
    if len(drawn) == 1:
        return torch.zeros(drawn.shape[1:3])
    return _brought_bps(env, drawn[0], drawn[1:]).mean(0)


def _compare_options(
    env: HetNetEnv, option: Int[Tensor, "env cell"], option_choice: Int[Tensor, "option env cell vehicle"]
) -> Float[Tensor, "env cell option"]:
    """Sum capacity [bit/s] under each option of one cell, the other cells' options kept, all vehicles at their best choices."""
    return _brought_bps(env, _under(option, option_choice), option_choice).movedim(0, -1)


def _brought_bps(
    env: HetNetEnv, choice: Int[Tensor, "env cell vehicle"], alternatives: Int[Tensor, "draw env cell vehicle"]
) -> Float[Tensor, "draw env cell"]:
    found = capacity_otherwise_bps(env.scenario, env.channel_state(), choice.cpu().numpy(), alternatives.cpu().numpy())
    return torch.from_numpy(found.astype(np.float32)).to(choice.device)
