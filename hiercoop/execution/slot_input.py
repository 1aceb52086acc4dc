"""A SlotObservation as arrays, checked against the attach that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import MessageError
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import SlotObservation, Welcome


@dataclass(frozen=True)
class SlotInput:
    """One cell's observation as a batch of one row."""

    slot: int
    local: Float32[np.ndarray, "row feature"]
    mask: Bool[np.ndarray, "row vehicle choice"]


def read_observation(observation: SlotObservation, welcome: Welcome, scenario: ScenarioConfig, last_slot: int) -> SlotInput:
    """The arrays of an observation; MessageError for another cell, run, attach, shape, or a slot not after `last_slot`."""
    for name in ("cell", "attach_epoch"):
        if getattr(observation, name) != getattr(welcome, name):
            raise MessageError(
                f"observation has {name}={getattr(observation, name)}, this agent serves {getattr(welcome, name)}"
            )
    if observation.run_epoch != welcome.profile.run_epoch:
        raise MessageError(f"observation of run {observation.run_epoch} came to an agent of run {welcome.profile.run_epoch}")
    if observation.slot <= last_slot:
        raise MessageError(f"observation of slot {observation.slot} came after slot {last_slot}; slots only rise")
    local = codec.decode_array(observation.local, (welcome.dimensions.observation,), np.float32)
    mask = codec.decode_array(observation.action_mask, (scenario.num_vehicles_per_sbs, scenario.num_choices), np.bool_)
    return SlotInput(observation.slot, local[None], mask[None])
