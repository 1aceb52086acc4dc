"""SUMO floating-car data (`.fcd.xml`, `.fcd.xml.gz`), read as a stream: two time steps are in memory, never the file."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import NoReturn, no_type_check
from xml.parsers import expat

import numpy as np
from jaxtyping import Float, Int

from hiercoop.errors import InputFileError
from hiercoop.mobility.population import VehicleStates

CHUNK_BYTES = 1 << 16
MAX_SAMPLES = 4_096
"""Positions that a scan keeps for placing sites."""


@dataclass(frozen=True)
class TimeStep:
    """All vehicles of one `timestep` element, in the file's order."""

    time_s: float
    vehicles: VehicleStates


@dataclass(frozen=True)
class TraceSummary:
    """What one pass over a valid trace found."""

    begin_s: float
    end_s: float
    step_s: float
    """Mean time between steps."""
    num_vehicles: int
    """Distinct vehicle ids."""
    extent_m: tuple[float, float, float, float]
    """Smallest x and y, largest x and y."""
    samples_m: Float[np.ndarray, "sample 2"]
    """Positions taken at equal intervals of the file, at most 4,096."""


def scan_trace(path: str | Path) -> TraceSummary:
    """The summary of a trace, from one pass that validates all of it.

    InputFileError, in one sentence, for a file that is missing, empty, truncated or malformed, has fewer than two time steps or
    time that does not rise, or holds a vehicle without an id or with absent, NaN or non-numeric coordinates.
    """
    ids: set[str] = set()
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    samples = _Thinned(MAX_SAMPLES)
    begin_s = end_s = math.nan
    num_steps = 0
    for step in read_steps(path):
        begin_s, end_s = (step.time_s if num_steps == 0 else begin_s), step.time_s
        num_steps += 1
        ids.update(step.vehicles.ids)
        if step.vehicles.ids:
            low = np.minimum(low, step.vehicles.xy_m.min(axis=0))
            high = np.maximum(high, step.vehicles.xy_m.max(axis=0))
            samples.add(step.vehicles.xy_m)
    if num_steps < 2:
        raise InputFileError(f"trace {path} has {num_steps} time steps; at least 2 are needed for vehicles to move")
    if not ids:
        raise InputFileError(f"trace {path} has no vehicle in its {num_steps} time steps; record it with traffic on the road")
    step_s = (end_s - begin_s) / (num_steps - 1)
    extent_m = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return TraceSummary(begin_s, end_s, step_s, len(ids), extent_m, samples.kept())


class TraceTraffic:
    """Vehicles that follow a trace, from its first time step to its last, interpolated in between.

    A vehicle is on the road between two steps when it is in both; otherwise it enters or leaves at its step. Raises the same
    errors as `scan_trace`, where the file is read to.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._steps = read_steps(path)
        self._now = self._next_step()
        self._ahead: TimeStep | None = self._next_step()
        self._pair()
        self.time_s = self._now.time_s

    def vehicles(self) -> VehicleStates:
        """All vehicles at the present time."""
        now, ahead = self._now, self._ahead
        if ahead is None or self.time_s <= now.time_s:
            return now.vehicles
        weight = (self.time_s - now.time_s) / (ahead.time_s - now.time_s)
        return _interpolate(_select(now.vehicles, self._rows_now), _select(ahead.vehicles, self._rows_ahead), weight)

    def advance(self, seconds: float) -> bool:
        """Move on by this long; False once the last time step is reached."""
        self.time_s += seconds
        # A nanosecond's grace: sums of tenths fall short of the file's decimal times.
        while self._ahead is not None and self._ahead.time_s <= self.time_s + 1e-9:
            self._now, self._ahead = self._ahead, next(self._steps, None)
            self._pair()
        return self._ahead is not None

    def _next_step(self) -> TimeStep:
        step = next(self._steps, None)
        if step is None:
            raise InputFileError(f"trace {self._path} has fewer than 2 time steps; vehicles cannot move")
        return step

    def _pair(self) -> None:
        """Rows of the vehicles that are in both the present and the coming step."""
        rows = {vehicle: row for row, vehicle in enumerate(self._ahead.vehicles.ids)} if self._ahead else {}
        both = [(row, rows[vehicle]) for row, vehicle in enumerate(self._now.vehicles.ids) if vehicle in rows]
        self._rows_now: Int[np.ndarray, "both"] = np.array([pair[0] for pair in both], dtype=np.int64)
        self._rows_ahead: Int[np.ndarray, "both"] = np.array([pair[1] for pair in both], dtype=np.int64)


def read_steps(path: str | Path) -> Iterator[TimeStep]:
    """The time steps of a trace one after the other; InputFileError as `scan_trace` says."""
    path = Path(path)
    parser = _StepParser(path)
    try:
        with _open(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield from parser.feed(chunk)
        yield from parser.close()
    except FileNotFoundError as error:
        raise InputFileError(f"trace {path} does not exist; check the path") from error
    except (EOFError, zlib.error) as error:
        raise InputFileError(f"trace {path} is truncated or damaged: its gzip stream ends early; copy it again") from error
    except OSError as error:
        raise InputFileError(f"trace {path} cannot be read: {error}") from error
    except expat.ExpatError as error:
        raise InputFileError(f"trace {path} is truncated or malformed XML: {error}; record it again") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.GzipFile(path, "rb") if path.suffix == ".gz" else path.open("rb")


class _StepParser:
    """Turns chunks of a file into finished time steps."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._num_bytes = 0
        self._finished: list[TimeStep] = []
        self._time_s: float | None = None
        self._last_s = -math.inf
        self._ids: list[str] = []
        self._values: list[tuple[float, float, float, float]] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        # Without a document type there are no entities, neither external nor exploding ones.
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type

    def feed(self, chunk: bytes) -> list[TimeStep]:
        """Steps that this chunk finished."""
        self._num_bytes += len(chunk)
        self._parser.Parse(chunk, False)
        finished, self._finished = self._finished, []
        return finished

    def close(self) -> list[TimeStep]:
        """Steps still to hand out at the end of the file, which must be the end of the document."""
        if self._num_bytes == 0:
            raise InputFileError(f"trace {self._path} is empty; it must be SUMO floating-car data")
        self._parser.Parse(b"", True)
        return self._finished

    # Both handlers run for every vehicle of every step: checking their annotations would take most of the tests' time.
    @no_type_check
    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "vehicle" and self._time_s is not None:
            try:
                values = attributes["x"], attributes["y"], attributes["angle"], attributes["speed"]
                self._values.append((float(values[0]), float(values[1]), float(values[2]), float(values[3])))
                self._ids.append(attributes["id"])
            except (KeyError, ValueError):
                self._refuse_vehicle(attributes)
        elif name == "timestep":
            self._time_s = self._checked_time_s(attributes)

    @no_type_check
    def _end(self, name: str) -> None:
        if name != "timestep" or self._time_s is None:
            return
        table = np.array(self._values, dtype=np.float64).reshape(-1, 4)
        wrong = np.flatnonzero(~np.isfinite(table).all(axis=1))
        if wrong.size:
            row = int(wrong[0])
            texts = map(str, self._values[row])
            self._refuse_vehicle({"id": self._ids[row], **dict(zip(("x", "y", "angle", "speed"), texts, strict=True))})
        if len(set(self._ids)) < len(self._ids):
            twice = next(vehicle for vehicle in self._ids if self._ids.count(vehicle) > 1)
            self._refuse(f"vehicle {twice!r} stands twice at time={self._time_s:g} s")
        states = VehicleStates(self._ids, table[:, :2], table[:, 2], table[:, 3])
        self._finished.append(TimeStep(self._time_s, states))
        self._last_s, self._time_s = self._time_s, None
        self._ids, self._values = [], []

    def _checked_time_s(self, attributes: dict[str, str]) -> float:
        time_s = _finite(attributes.get("time"))
        if time_s is None:
            self._refuse(f"a time step has time={attributes.get('time')!r}; it must be a finite number")
        if time_s <= self._last_s:
            self._refuse(f"time={time_s:g} s follows {self._last_s:g} s; time must rise")
        return time_s

    def _refuse_vehicle(self, attributes: dict[str, str]) -> NoReturn:
        if "id" not in attributes:
            self._refuse(f"a vehicle at time={self._time_s:g} s has no id")
        key = next(key for key in ("x", "y", "angle", "speed") if _finite(attributes.get(key)) is None)
        shown = repr(attributes[key]) if key in attributes else "absent"
        self._refuse(f"vehicle {attributes['id']!r} at time={self._time_s:g} s has {key} {shown}; it must be a finite number")

    def _refuse_document_type(self, *_: object) -> NoReturn:
        self._refuse("a document type is declared, which is refused; remove it")

    def _refuse(self, fault: str) -> NoReturn:
        raise InputFileError(f"trace {self._path}, line {self._parser.CurrentLineNumber}: {fault}")


def _finite(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class _Thinned:
    """Every n-th of a stream of positions, n doubling so that at most `limit` are kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stride = 1
        self._seen = 0
        self._kept = np.empty((0, 2))

    def add(self, xy_m: Float[np.ndarray, "vehicle 2"]) -> None:
        self._kept = np.concatenate([self._kept, xy_m[-self._seen % self._stride :: self._stride]])
        self._seen += len(xy_m)
        while len(self._kept) > self._limit:
            self._kept = self._kept[::2]
            self._stride *= 2

    def kept(self) -> Float[np.ndarray, "sample 2"]:
        return self._kept


def _select(states: VehicleStates, rows: Int[np.ndarray, "row"]) -> VehicleStates:
    ids = [states.ids[row] for row in rows]
    return VehicleStates(ids, states.xy_m[rows], states.heading_deg[rows], states.speed_mps[rows])


def _interpolate(start: VehicleStates, end: VehicleStates, weight: float) -> VehicleStates:
    # Headings turn the short way round.
    turn_deg = np.mod(end.heading_deg - start.heading_deg + 180.0, 360.0) - 180.0
    return VehicleStates(
        ids=start.ids,
        xy_m=start.xy_m + weight * (end.xy_m - start.xy_m),
        heading_deg=np.mod(start.heading_deg + weight * turn_deg, 360.0),
        speed_mps=start.speed_mps + weight * (end.speed_mps - start.speed_mps),
    )
