"""Fresh experience: the actor in the environment, from the first slot of a delivery round to its deadline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, stack_states
from hiercoop.algorithms.hiercoop.joint_values import option_values
from hiercoop.algorithms.hiercoop.losses import joint_log_prob
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.env.hetnet import HetNetEnv
from hiercoop.env.types import Observation
from hiercoop.training.counterfactual import capacity_otherwise_bps
from hiercoop.training.edge_memory import EdgeMemory


@dataclass(frozen=True)
class Behaviour:
    """How the actor behaves."""

    epsilon: float
    """Share of options that are chosen at random."""
    samples_choices: bool
    """False: the best choice, as the bundle acts."""
    max_option_slots: int
    num_alternatives: int
    """Draws of what each cell might have chosen instead, for the counterfactual baseline; 0 for none."""
    is_joint: bool
    """Reports of all cells every slot, decided together; else each on its termination."""


@torch.no_grad()
def collect(env: HetNetEnv, networks: HierCoopNetworks, behaviour: Behaviour, generator: torch.Generator) -> Rollout:
    """One delivery round of every environment, from a reset to the deadline."""
    observation = env.reset()
    num_envs, num_cells = observation.local.shape[:2]
    code = torch.randn(num_envs, num_cells, networks.sizes.code_size, generator=generator)
    distance_m = site_distances_m(env)
    memory = EdgeMemory(code, networks.spec.size, behaviour.max_option_slots, behaviour.is_joint)
    states: list[JointState] = []
    steps: list[tuple[Tensor, ...]] = []
    for _ in range(env.scenario.episode_slots):
        local, mask = _as_tensors(observation)
        state = memory.observe(local)
        option, ended = _decide(networks, memory, state, distance_m, behaviour.epsilon, generator)
        memory.follow(local, option, ended)
        choice, log_prob = _allocate(networks, local, mask, option, behaviour.samples_choices, generator)
        otherwise_bps = _otherwise(env, networks, (local, mask, option, choice), behaviour.num_alternatives, generator)
        outcome = env.step(choice.numpy())
        states.append(state)
        steps.append(
            (
                mask,
                option,
                ended,
                choice,
                log_prob,
                otherwise_bps,
                torch.from_numpy(outcome.reward.total),
                torch.from_numpy(outcome.measurement.capacity_bps.sum(axis=1)),
            )
        )
        observation = outcome.observation
    columns = [torch.stack(column) for column in zip(*steps, strict=True)]
    is_delivered = torch.from_numpy(outcome.measurement.is_delivered)
    return Rollout(stack_states(states), *columns, distance_m, is_delivered)


def site_distances_m(env: HetNetEnv) -> Float[Tensor, "cell cell"]:
    """Distances between the SBSs' sites [m]."""
    sites_m = env.world.sbs_sites_m
    offsets_m = sites_m[:, None, :] - sites_m[None, :, :]
    return torch.from_numpy(np.sqrt(np.square(offsets_m).sum(axis=-1)).astype(np.float32))


def _as_tensors(observation: Observation) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(observation.local), torch.from_numpy(observation.action_mask)


def _decide(
    networks: HierCoopNetworks,
    memory: EdgeMemory,
    state: JointState,
    distance_m: Tensor,
    epsilon: float,
    generator: torch.Generator,
) -> tuple[Int[Tensor, "env cell"], Tensor]:
    """The options in force in the slot, epsilon-greedy where one ended, and whose ended."""
    values, features = option_values(networks, state, distance_m)
    shape = state.previous_option.shape
    termination = networks.termination(features.flatten(0, 1), state.previous_option.flatten()).reshape(shape)
    ended = memory.ended(torch.rand(shape, generator=generator) < termination)
    explored = torch.randint(networks.sizes.num_options, shape, generator=generator)
    is_explored = torch.rand(shape, generator=generator) < epsilon
    chosen = torch.where(is_explored, explored, values.argmax(-1))
    return torch.where(ended, chosen, state.previous_option), ended


def _allocate(
    networks: HierCoopNetworks, local: Tensor, mask: Tensor, option: Tensor, samples: bool, generator: torch.Generator
) -> tuple[Int[Tensor, "env cell vehicle"], Float[Tensor, "env cell"]]:
    """Each vehicle's choice, and the log-probability of each cell's choices together."""
    flat_mask = mask.flatten(0, 1)
    noise = torch.zeros(flat_mask.shape)
    if samples:
        noise = -torch.empty(flat_mask.shape).exponential_(generator=generator).log()
    scores = networks.policy(local.flatten(0, 1), flat_mask, option.flatten(), noise)
    log_prob = joint_log_prob(scores.logits, scores.choice, flat_mask.any(-1))
    return scores.choice.reshape(*option.shape, -1), log_prob.reshape(option.shape)


def _otherwise(
    env: HetNetEnv,
    networks: HierCoopNetworks,
    slot: tuple[Tensor, Tensor, Tensor, Tensor],
    num_alternatives: int,
    generator: torch.Generator,
) -> Float[Tensor, "env cell"]:
    """Mean sum capacity [bit/s] over other draws of each cell's choices, the other cells' kept; zero where none are drawn."""
    local, mask, option, choice = slot
    if num_alternatives == 0:
        return torch.zeros(option.shape)
    many = [column.repeat(num_alternatives, *[1] * (column.ndim - 1)) for column in (local, mask, option)]
    drawn, _ = _allocate(networks, many[0], many[1], many[2], True, generator)
    alternatives = drawn.reshape(num_alternatives, *choice.shape).numpy()
    otherwise_bps = capacity_otherwise_bps(env.scenario, env.channel_state(), choice.numpy(), alternatives)
    return torch.from_numpy(otherwise_bps.astype(np.float32))
