"""What the web process knows at this moment of the run and of the services, and who is told when it changes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import ValidationError

from hiercoop.config.run import RunConfig
from hiercoop.errors import MessageError
from hiercoop.execution.latency import LatencyWindow
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.reconciliation import Discrepancy
from hiercoop.execution.slot_snapshot import SlotDetail, slot_detail
from hiercoop.execution.watch_series import RunHistory, sample_of
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from hiercoop.rpc.v1.upper_edge_service_pb2 import GetCountersResponse
from services.upper_edge.web.event_log import EventLog
from services.upper_edge.web.references import References
from services.upper_edge.web.retraces import Retraces
from services.upper_edge.web.seen_places import SeenPlaces
from services.upper_edge.web.spectrum_use import SpectrumUse

Connection = Literal["connecting", "live", "stale", "reconnecting"]
Health = Literal["serving", "not_serving", "unreachable", "unknown"]
STALE_AFTER_S = 2.0
MAX_ENDED = 8


@dataclass
class Link:
    """How one service is reached."""

    address: str
    is_connected: bool = False
    reconnects: int = 0
    last_error: str = ""
    health: Health = "unknown"


@dataclass
class Storage:
    """Where runs are kept, and whether that works."""

    state: Literal["off", "opening", "kept", "failed"] = "off"
    path: str = ""
    detail: str = ""
    num_runs: int = 0
    used_bytes: int = 0
    max_runs: int = 0
    max_bytes: int = 0


@dataclass(frozen=True)
class Run:
    """The latest that is known of the run that is being watched, and what was gathered of it on the way."""

    response: WatchResponse
    config: RunConfig
    history: RunHistory
    received_at_s: float
    detail: SlotDetail | None
    """The latest slot, whole; None where it is not told."""
    spectrum: SpectrumUse
    references: References
    seen: SeenPlaces

    @property
    def slot_duration_s(self) -> float:
        """Length of a slot [s]."""
        return self.config.scenario.radio.slot_duration_s


@dataclass
class Board:
    """Latest state of simulator and edge. Nothing here waits for either of them."""

    simulator: Link
    edge: Link
    policies: PolicyShelf
    needs_token: bool = False
    storage: Storage = field(default_factory=Storage)
    log: EventLog = field(default_factory=EventLog)
    answer_latency: LatencyWindow = field(default_factory=LatencyWindow)
    clock: Callable[[], float] = time.monotonic
    run: Run | None = None
    ended: deque[Run] = field(default_factory=lambda: deque(maxlen=MAX_ENDED))
    """Runs that another one has followed, oldest first and each as it was last heard of, until they are kept."""
    counters: GetCountersResponse | None = None
    counters_at_s: float = 0.0
    unreconciled: Sequence[Discrepancy] | None = None
    """None: the two accounts have not been compared yet in this run."""
    version: int = 0
    is_closed: bool = False
    retraces: Retraces = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.retraces = Retraces(self.policies)

    def take_watch(self, response: WatchResponse) -> None:
        """Takes in one Watch answer; a new run, or counters that fell, begin a new history.

        Raises MessageError where the answer's run configuration is not one that this version knows.
        """
        run, sample = self.run, sample_of(response)
        config, now_s = self._config_of(response), self.clock()
        same_run = run is not None and identity_of(run.response) == identity_of(response)
        has_slot = response.HasField("slot_snapshot")
        detail = slot_detail(response.slot_snapshot, config.scenario) if has_slot else None
        if run is not None and same_run and run.history.continues_with(sample):
            run.history.append(sample)
            self.run = replace(run, response=response, config=config, received_at_s=now_s, detail=detail)
        else:
            if run is not None and not same_run:
                self.ended.append(run)
            self.unreconciled = None
            self.run = _new_run(response, config, RunHistory(sample), now_s, detail)
        self.run.seen.add(response.vehicles)
        if detail is not None:
            self.run.spectrum.add(detail)
        self.log.see(response)
        self.publish()

    def take_counters(self, counters: GetCountersResponse) -> None:
        """Takes in the edge's own account."""
        self.counters, self.counters_at_s = counters, self.clock()

    @property
    def age_s(self) -> float | None:
        """Seconds since the simulator was last heard of; None before the first time."""
        return None if self.run is None else self.clock() - self.run.received_at_s

    @property
    def connection(self) -> Connection:
        """How far the data can be trusted to be current."""
        if self.age_s is None:
            return "connecting"
        if not self.simulator.is_connected:
            return "reconnecting"
        return "live" if self.age_s <= STALE_AFTER_S else "stale"

    def publish(self) -> None:
        """Wakes everybody who waits for news."""
        self.version += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def newer_than(self, version: int) -> int:
        """Waits until there is news after `version`, or the board closes; the version then."""
        while self.version <= version and not self.is_closed:
            await self._changed.wait()
        return self.version

    def close(self) -> None:
        """Ends all waiting: the process is about to stop."""
        self.is_closed = True
        self.publish()

    def _config_of(self, response: WatchResponse) -> RunConfig:
        if self.run is not None and self.run.response.run_config == response.run_config:
            return self.run.config
        try:
            return RunConfig.model_validate_json(response.run_config)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "run_config"
            raise MessageError(
                f"the simulator's run configuration has {key}: {first['msg']}; run the same version of both services"
            ) from error


def identity_of(response: WatchResponse) -> tuple[int, str]:
    """What tells this run from any other."""
    return response.run_epoch, response.run_uid


def _new_run(response: WatchResponse, config: RunConfig, history: RunHistory, now_s: float, detail: SlotDetail | None) -> Run:
    return Run(
        response=response,
        config=config,
        history=history,
        received_at_s=now_s,
        detail=detail,
        spectrum=SpectrumUse(config.scenario),
        references=References(config.scenario),
        seen=SeenPlaces(),
    )
