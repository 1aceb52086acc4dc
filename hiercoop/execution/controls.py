"""Commands to a running emulation: checked, and as they stand in a trace and in a controls file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import JsonValue, ValidationError

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError, InputFileError
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest
from hiercoop.traffic.payload import check_payload_bytes

MAX_STEP_SLOTS = 1_000_000
COMMANDS = ("start", "pause", "step", "reset", "payload_bytes", "scenario", "policy")
DIGEST = re.compile("[0-9a-f]{64}")
AGENT_EVENTS = ("attach", "detach")


def check_control(request: ControlRequest) -> str:
    """The command's name; ConfigError where there is none or its value is out of bounds."""
    command = request.WhichOneof("command")
    if command is None:
        raise ConfigError(f"a control request names one command of {', '.join(COMMANDS)}; got none")
    if command == "step" and not 1 <= request.step <= MAX_STEP_SLOTS:
        raise ConfigError(f"step={request.step} must be in 1..{MAX_STEP_SLOTS} slots")
    if command == "payload_bytes":
        check_payload_bytes(request.payload_bytes)
    if command == "reset" and request.reset >= 2**63:
        raise ConfigError(f"reset={request.reset} must be a seed in 0..2^63-1; 0 keeps the seed")
    if command == "policy" and not DIGEST.fullmatch(request.policy):
        raise ConfigError(f"policy={request.policy!r} must be the sha256 of a bundle, 64 hex digits")
    if command == "scenario":
        scenario_of(request)
    return command


def scenario_of(request: ControlRequest) -> ScenarioConfig:
    """The scenario that a request carries; ConfigError where it is not one."""
    try:
        return ScenarioConfig.model_validate_json(request.scenario)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "scenario"
        raise ConfigError(f"scenario: {key}: {first['msg']}") from error


def as_event(request: ControlRequest) -> dict[str, JsonValue]:
    """The command as it stands in a trace."""
    command = check_control(request)
    value = getattr(request, command)
    return {"control": {command: json.loads(value) if command == "scenario" else value}}


def read_controls(path: Path) -> list[tuple[int, dict[str, JsonValue]]]:
    """Events in their order, from a controls file or a trace: JSON lines with `slot` and one of control, attach, detach.

    Other lines are passed over, so that a trace replays as it stands. Slots count from 0 again after a reset or a scenario.
    InputFileError names a bad line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"controls file {path} cannot be read: {error}") from error
    events = [_event(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return [event for event in events if event is not None]


def request_of(event: dict[str, JsonValue]) -> ControlRequest:
    """The control request that an event stands for; ConfigError where it is none."""
    control = event.get("control")
    if not isinstance(control, dict) or len(control) != 1 or next(iter(control)) not in COMMANDS:
        raise ConfigError(f"control {control!r} must hold one of {', '.join(COMMANDS)}")
    ((command, value),) = control.items()
    try:
        given = {command: json.dumps(value) if command == "scenario" else value}
        request = ControlRequest(**given)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"control {command}={value!r}: {error}") from error
    check_control(request)
    return request


def _event(path: Path, number: int, line: str) -> tuple[int, dict[str, JsonValue]] | None:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputFileError(f"{path} line {number} is not JSON: {error.msg}; write one object a line") from error
    if not isinstance(record, dict):
        raise InputFileError(f"{path} line {number} is not an object; write one object a line")
    kinds = [kind for kind in ("control", *AGENT_EVENTS) if kind in record]
    if not kinds:
        return None
    slot = record.get("slot")
    if not isinstance(slot, int) or isinstance(slot, bool) or slot < 0:
        raise InputFileError(f"{path} line {number} has slot={slot!r}; it must be a whole number from 0")
    if kinds == ["control"]:
        request_of(record)
    return slot, record
