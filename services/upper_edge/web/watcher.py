"""Keeps the board fed: one Watch stream from the simulator, the edge's counters and both services' health once a second."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import cast

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hiercoop.errors import MessageError
from hiercoop.execution.reconciliation import discrepancies
from hiercoop.logs import get_logger
from hiercoop.rpc.client import Backoff
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchRequest, WatchResponse
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from hiercoop.rpc.v1.upper_edge_service_pb2 import GetCountersRequest
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub
from services.upper_edge.web.board import Board, Health, Link, Run
from services.upper_edge.web.references import reference_of

WATCH_RATE_HZ = 10
FIRST_BACKOFF_S = 0.1
LONGEST_BACKOFF_S = 2.0
SILENCE_LIMIT_S = 10.0
"""A stream that says nothing for so long is dialled anew: its peer may be frozen."""
POLL_PERIOD_S = 1.0
POLL_TIMEOUT_S = 2.0
SLOT_PATIENCE_S = 5.0
"""How long a comparison waits for a slot to end before it is left to the next time."""
SETTLE_S = 0.25
"""Longer than a message is on its way, so that a reading taken so much later has counted it."""

log = get_logger(__name__)


async def follow_simulator(board: Board, channel: grpc.aio.Channel) -> None:
    """Reads Watch for ever, dialling again after each end with a capped, jittered pause."""
    backoff = Backoff(FIRST_BACKOFF_S, LONGEST_BACKOFF_S)
    while True:
        before = board.run
        try:
            await _read_watch(board, channel)
        except (grpc.aio.AioRpcError, MessageError, TimeoutError) as error:
            _note_failure(board.simulator, error)
        if board.run is not before:
            backoff.reset()
        board.publish()
        await asyncio.sleep(backoff.next_s())


async def _read_watch(board: Board, channel: grpc.aio.Channel) -> None:
    call = ChannelSimServiceStub(channel).Watch(WatchRequest(rate_hz=WATCH_RATE_HZ, with_slot=True))
    try:
        while True:
            async with asyncio.timeout(SILENCE_LIMIT_S):
                response = await call.read()
            if response is grpc.aio.EOF:
                raise MessageError("the simulator ended its Watch stream; it is dialled again")
            began_s = time.perf_counter()
            if not board.simulator.is_connected and board.simulator.reconnects:
                board.log.add("info", "channel_sim", "is heard of again")
            board.simulator.is_connected = True
            board.take_watch(cast(WatchResponse, response))
            board.answer_latency.add(time.perf_counter() - began_s)
    finally:
        call.cancel()
        if board.simulator.is_connected:
            board.simulator.is_connected = False
            board.simulator.reconnects += 1
            board.log.add("error", "channel_sim", "is not heard of any more; the last data is kept")


async def follow_edge(board: Board, channel: grpc.aio.Channel) -> None:
    """Reads the edge's counters for ever and compares them with the agents'."""
    stub = UpperEdgeServiceStub(channel)
    while True:
        try:
            await _compare_accounts(board, stub)
        except grpc.aio.AioRpcError as error:
            if board.edge.is_connected:
                board.edge.reconnects += 1
                board.log.add("error", "upper_edge decisions", "does not answer")
            board.edge.is_connected = False
            _note_failure(board.edge, error)
        await asyncio.sleep(POLL_PERIOD_S)


async def _compare_accounts(board: Board, stub: UpperEdgeServiceStub) -> None:
    before = board.run
    await asyncio.sleep(SETTLE_S)
    counters = await stub.GetCounters(GetCountersRequest(), timeout=POLL_TIMEOUT_S)
    board.take_counters(counters)
    if not board.edge.is_connected and board.edge.reconnects:
        board.log.add("info", "upper_edge decisions", "answers again")
    board.edge.is_connected = True
    counters_at_s = board.clock()
    await asyncio.sleep(SETTLE_S)
    heard = await _run_where(board, lambda run: run.received_at_s >= counters_at_s + SETTLE_S)
    if before is None or heard is None:
        return
    # Agents tell what they counted at the end of a slot, so the slot in hand must have ended.
    after = await _run_where(board, lambda run: run.response.slot > heard.response.slot or run.response.state != "running")
    epochs = {run.response.run_epoch for run in (before, after) if run} | {counters.run_epoch}
    if after is not None and len(epochs) == 1:
        board.unreconciled = discrepancies(before.response.signalling, counters.signalling, after.response.signalling)


async def _run_where(board: Board, holds: Callable[[Run], bool]) -> Run | None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SLOT_PATIENCE_S):
            while not board.is_closed:
                if board.run is not None and holds(board.run):
                    return board.run
                await board.newer_than(board.version)
    return None


async def follow_health(link: Link, channel: grpc.aio.Channel) -> None:
    """Asks one service for its health once a second, for ever."""
    stub = health_pb2_grpc.HealthStub(channel)
    while True:
        link.health = await _health(stub)
        await asyncio.sleep(POLL_PERIOD_S)


async def _health(stub: health_pb2_grpc.HealthStub) -> Health:
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=POLL_TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        is_away = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        return "unreachable" if is_away else "unknown"
    return "serving" if answer.status == health_pb2.HealthCheckResponse.SERVING else "not_serving"


async def keep_ageing(board: Board, period_s: float = 1.0) -> None:
    """Tells those who wait at least once in a period, so that silence too is seen to grow older."""
    while True:
        version = board.version
        await asyncio.sleep(period_s)
        if board.version == version:
            board.publish()


async def look_at_references(board: Board, period_s: float = 1.0) -> None:
    """Works out once a second what other schemes would have reached in the latest slot told, in a thread of its own."""
    while True:
        await asyncio.sleep(period_s)
        run = board.run
        if run is None or run.detail is None or run.references.why_absent or run.detail.slot <= run.references.latest_slot:
            continue
        found = await asyncio.to_thread(reference_of, run.detail, run.config.scenario)
        if found is not None:
            run.references.add(found)


def _note_failure(link: Link, error: Exception) -> None:
    text = f"{error.code().name}: {_reason(error.details() or '')}" if isinstance(error, grpc.aio.AioRpcError) else str(error)
    message = text or f"nothing heard for {SILENCE_LIMIT_S:g} s"
    if message != link.last_error:
        log.warning("service lost", address=link.address, error=message)
    link.last_error = message


def _reason(details: str) -> str:
    """The sentence itself, or the end of gRPC's chain of wrapped errors: "Connection refused"."""
    _, chain, wrapped = details.rpartition("; last error: ")
    return wrapped.rpartition(": ")[2] if chain else details
