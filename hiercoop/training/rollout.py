"""Fresh experience: the actor in the environment, from the first slot of a delivery round to its deadline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hiercoop.algorithms.hiercoop.experience import JointState, Rollout, stack_states
from hiercoop.algorithms.hiercoop.joint_values import option_values
from hiercoop.algorithms.hiercoop.networks import HierCoopNetworks
from hiercoop.algorithms.policy_gradient import joint_log_prob
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
    device = generator.device
    observation = env.reset()
    num_envs, num_cells = observation.local.shape[:2]
    code = torch.randn(num_envs, num_cells, networks.sizes.code_size, generator=generator)
    distance_m = site_distances_m(env).to(device)
    memory = EdgeMemory(code, networks.spec.size, behaviour.max_option_slots, behaviour.is_joint)
    states: list[JointState] = []
    steps: list[tuple[Tensor, ...]] = []
    for _ in range(env.scenario.episode_slots):
        local, mask = _as_tensors(observation, device)
        state = memory.observe(local)
        option, ended = _decide(networks, memory, state, distance_m, behaviour.epsilon, generator)
        memory.follow(local, option, ended)
        drawn, log_prob = _allocate(networks, (local, mask, option), behaviour, generator)
        otherwise_bps = _otherwise(env, drawn)
        outcome = env.step(drawn[0].cpu().numpy())
        states.append(state)
        steps.append(
            (
                mask,
                option,
                ended,
                drawn[0],
                log_prob,
                otherwise_bps,
                torch.from_numpy(outcome.reward.total).to(device),
                torch.from_numpy(outcome.measurement.capacity_bps.sum(axis=1)).to(device),
            )
        )
        observation = outcome.observation
    columns = [torch.stack(column) for column in zip(*steps, strict=True)]
    mask, option, ended, choice, log_prob, otherwise_bps, reward, capacity_bps = columns
    return Rollout(
        state=stack_states(states),
        mask=mask,
        option=option,
        has_ended=ended,
        choice=choice,
        log_prob=log_prob,
        otherwise_bps=otherwise_bps,
        reward=reward,
        capacity_bps=capacity_bps,
        distance_m=distance_m,
        is_delivered=torch.from_numpy(outcome.measurement.is_delivered).to(device),
    )


def site_distances_m(env: HetNetEnv) -> Float[Tensor, "cell cell"]:
    """Distances between the SBSs' sites [m]."""
    sites_m = env.world.sbs_sites_m
    offsets_m = sites_m[:, None, :] - sites_m[None, :, :]
    return torch.from_numpy(np.sqrt(np.square(offsets_m).sum(axis=-1)).astype(np.float32))


def _as_tensors(observation: Observation, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(observation.local).to(device), torch.from_numpy(observation.action_mask).to(device)


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
    networks: HierCoopNetworks, slot: tuple[Tensor, Tensor, Tensor], behaviour: Behaviour, generator: torch.Generator
) -> tuple[Int[Tensor, "draw env cell vehicle"], Float[Tensor, "env cell"]]:
    """Draws of each vehicle's choice, the first to be acted on, and the log-probability of each cell's first draw."""
    local, mask, option = slot
    num_draws = 1 + behaviour.num_alternatives
    # Draws lead, as rows of one batch.
    rows = [column.flatten(0, 1).repeat(num_draws, *[1] * (column.ndim - 2)) for column in (local, mask, option)]
    noise = torch.zeros(rows[1].shape)
    if behaviour.samples_choices:
        noise = -torch.empty(rows[1].shape).exponential_(generator=generator).log()
    scores = networks.policy(*rows, noise)
    first = slice(option.numel())
    log_prob = joint_log_prob(scores.logits[first], scores.choice[first], rows[1][first].any(-1))
    return scores.choice.reshape(num_draws, *option.shape, -1), log_prob.reshape(option.shape)


def _otherwise(env: HetNetEnv, drawn: Int[Tensor, "draw env cell vehicle"]) -> Float[Tensor, "env cell"]:
    """Mean sum capacity [bit/s] over the other draws of each cell's choices, the other cells' kept; zero without any."""
    if len(drawn) == 1:
        return torch.zeros(drawn.shape[1:3])
    choices = drawn.cpu().numpy()
    otherwise_bps = capacity_otherwise_bps(env.scenario, env.channel_state(), choices[0], choices[1:])
    return torch.from_numpy(otherwise_bps.astype(np.float32)).to(drawn.device)
