"""POST control: start, pause, step, reset, payload, scenario, policy; applied by the simulator at a slot boundary."""

from __future__ import annotations

from typing import Annotated, Literal

import grpc.aio
from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import UnreachableError
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest
from hiercoop.seeding import MAX_SEED
from services.upper_edge.web.access import BoardOf, SimulatorOf
from services.upper_edge.web.models import Answer
from services.upper_edge.web.problems import documented
from services.upper_edge.web.strict_json import StrictJsonRoute

CONTROL_TIMEOUT_S = 5.0
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class Command(BaseModel):
    """Base of all commands: unknown keys, other types, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Start(Command):
    """Lets the slots go on."""

    command: Literal["start"]

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(start=True)


class Pause(Command):
    """Holds after the current slot."""

    command: Literal["pause"]

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(pause=True)


class Step(Command):
    """Advances a paused run."""

    command: Literal["step"]
    slots: int = Field(default=1, ge=1, le=100_000)

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(step=self.slots)


class Reset(Command):
    """Begins a new run from slot 0."""

    command: Literal["reset"]
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="0 keeps the seed")

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(reset=self.seed)


class Payload(Command):
    """Changes what each vehicle has to deliver, from the next delivery round."""

    command: Literal["payload"]
    payload_bytes: float = Field(ge=0.0, le=1e9)

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(payload_bytes=self.payload_bytes)


class Scenario(Command):
    """Begins a new run of this scenario; keys that are left out have their defaults."""

    command: Literal["scenario"]
    scenario: Annotated[ScenarioConfig, Field(strict=False)]

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(scenario=self.scenario.model_dump_json())


class FollowPolicy(Command):
    """Begins a new run of the same scenario and seed under another policy; all cells attach anew and fetch it."""

    command: Literal["policy"]
    digest: str = Field(pattern="^[0-9a-f]{64}$", description="sha256 of a bundle, as GET policies tells it")

    def request(self) -> ControlRequest:
        """The command on the wire."""
        return ControlRequest(policy=self.digest)


AnyCommand = Annotated[Start | Pause | Step | Reset | Payload | Scenario | FollowPolicy, Field(discriminator="command")]

EXAMPLES = {
    "start": {"value": {"command": "start"}},
    "pause": {"value": {"command": "pause"}},
    "step": {"value": {"command": "step", "slots": 10}},
    "reset": {"value": {"command": "reset", "seed": 7}},
    "payload": {"value": {"command": "payload", "payload_bytes": 55_000}},
    "scenario": {
        "value": {"command": "scenario", "scenario": {"name": "urban-grid", "num_sbs": 4, "mobility": {"kind": "grid"}}}
    },
    "policy": {"value": {"command": "policy", "digest": "4f1c9a" + "0" * 58}},
}


class Applied(Answer):
    """When a command took effect."""

    slot: int = Field(description="First slot that the command holds for", examples=[12_401])
    run_epoch: int = Field(examples=[3])
    state: str = Field(examples=["paused"])


router = APIRouter(route_class=StrictJsonRoute)


@router.post("/control", responses=documented(401, 409, 413, 502, 503))
async def control(
    command: Annotated[AnyCommand, Body(openapi_examples=EXAMPLES)], board: BoardOf, simulator: SimulatorOf
) -> Applied:
    """Applies one command at a slot boundary and says at which slot."""
    try:
        answer = await simulator.Control(command.request(), timeout=CONTROL_TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        if error.code() not in AWAY:
            raise
        raise UnreachableError(
            f"the simulator at {board.simulator.address} does not answer, so {command.command} was not confirmed; "
            "start it, or set SIM_ADDR to where it listens"
        ) from error
    return Applied(slot=answer.slot, run_epoch=answer.run_epoch, state=answer.state)
