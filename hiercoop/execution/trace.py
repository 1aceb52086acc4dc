"""The trace of a run: canonical JSON lines that two runs can be compared by, byte by byte.

One header a run, then controls, agents' comings and goings and slots as they happened; arrays are little-endian base64. No wall
time, run id or host. The last line holds the sha256 of all before it. The file appears under its name only when it is whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from types import TracebackType

import numpy as np
from pydantic import JsonValue

from hiercoop.config.run import RunConfig
from hiercoop.env.types import SlotMeasurement
from hiercoop.errors import InputFileError
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation

TRACE_FORMAT = 1
MODES = ("pacing", "options", "option_delay_slots", "reporting", "report_period_slots", "codec")


class TraceWriter:
    """Writes a trace to a temporary name and renames it at the end; leaving early by an error leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._hash = hashlib.sha256()
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            raise InputFileError(f"trace file {path} cannot be written: {error.strerror}; name another place") from error

    def header(self, run: RunConfig, policy_digest: str) -> None:
        """Begins a run."""
        self._line(
            {
                "hiercoop_trace": TRACE_FORMAT,
                "seed": run.seed,
                "scenario_digest": run.scenario.digest(),
                "policy_digest": policy_digest,
                "modes": {name: getattr(run, name) for name in MODES},
            }
        )

    def event(self, slot: int, event: dict[str, JsonValue]) -> None:
        """A control, attach or detach that holds from this slot on."""
        self._line({"slot": slot, **event})

    def slot(self, slot: int, roster: list[int], allocations: dict[int, Allocation], measured: SlotMeasurement) -> None:
        """One slot: who took part, what each said, and what it was worth."""
        self._line(
            {
                "slot": slot,
                "roster": list[JsonValue](roster),
                "cells": {str(cell): _cell(allocations[cell]) for cell in sorted(allocations)},
                "choice": _base64(measured.choice[0].astype("<i4")),
                "sinr": _base64(measured.sinr[0].astype("<f4")),
                "capacity_bps": _base64(measured.capacity_bps[0].astype("<f4")),
                "payload_left_bits": _base64(measured.payload_left_bits[0].astype("<f8")),
            }
        )

    def close(self) -> None:
        """Seals the trace with its hash and gives it its name."""
        self._file.write(_canonical({"sha256": self._hash.hexdigest()}))
        self._file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Drops what was written."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _line(self, record: dict[str, JsonValue]) -> None:
        line = _canonical(record)
        self._hash.update(line)
        self._file.write(line)


def _cell(allocation: Allocation) -> dict[str, JsonValue]:
    state = allocation.state
    cell: dict[str, JsonValue] = {
        "option": state.option,
        "since": state.option_since_slot,
        "terminated": state.terminated,
        "reported": state.reported,
        "local": state.is_local,
        "partial": state.is_partial,
    }
    if state.HasField("features"):
        cell["features"] = base64.b64encode(state.features.SerializeToString(deterministic=True)).decode()
    return cell


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _canonical(record: dict[str, JsonValue]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"
