"""The agent's connection to the edge: it registers, keeps one Options stream, and comes back by itself."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import grpc

from hiercoop.errors import HandshakeError, HierCoopError, OverloadError, UnreachableError
from hiercoop.execution.bundle import PolicyBundle, bundle_from_files
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.logs import get_logger
from hiercoop.rpc.channel_options import EDGE_PING_TIMEOUT_S
from hiercoop.rpc.client import Backoff, as_error, ask, open_edge_channel
from hiercoop.rpc.process import pause
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, GetPolicyRequest, OptionDecision
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub

log = get_logger(__name__)

REGISTER_TIMEOUT_S = 1.0
POLICY_TIMEOUT_S = 5.0
REFUSAL_PAUSE_S = 2.0
"""Longest pause after a refusal: what was refused will not be right in a moment."""

OptionsCall = grpc.aio.StreamStreamCall[FeatureReport, OptionDecision]


class EdgeEvents(Protocol):
    """What the owner of a link is told."""

    def on_decision(self, decision: OptionDecision) -> None:
        """An answer came."""

    def on_edge_lost(self) -> None:
        """No answer will come until the link is registered again."""


@dataclass
class _Stream:
    call: OptionsCall
    unsent: deque[FeatureReport] = field(default_factory=deque)
    writing: asyncio.Task[None] | None = None
    is_given_up: bool = False


class EdgeLink:
    """One agent's dialogue with the edge, from attach to detach."""

    def __init__(self, address: str, ping_timeout_s: float = EDGE_PING_TIMEOUT_S) -> None:
        self.refused = asyncio.Event()
        """The edge has refused a registration."""
        self._channel = open_edge_channel(address, ping_timeout_s)
        self._stub = UpperEdgeServiceStub(self._channel)
        self._stream: _Stream | None = None
        self._connected = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._last_reason = ""

    @property
    def is_connected(self) -> bool:
        """Whether a report sent now has a chance to be answered."""
        return self._stream is not None

    async def fetch_policy(self, request: GetPolicyRequest) -> tuple[PolicyBundle, int]:
        """The bundle asked for, and the size of the answer [bytes]; UnreachableError or HandshakeError where there is none."""
        response = await ask(self._stub.GetPolicy, request, POLICY_TIMEOUT_S)
        return bundle_from_files({file.name: file.content for file in response.files}), response.ByteSize()

    def start(self, agent: SbsAgent, events: EdgeEvents) -> None:
        """Registers the agent and keeps it registered until `close`."""
        self._keeper = asyncio.create_task(self._stay_registered(agent, events))

    async def wait_connected(self, timeout_s: float) -> None:
        """Returns when the agent is registered, or after this long."""
        await pause(self._connected, timeout_s)

    def send(self, report: FeatureReport) -> None:
        """Hands a report to the stream; if it cannot be delivered the stream is over, and `on_edge_lost` says so."""
        stream = self._stream
        if stream is None:
            return
        stream.unsent.append(report)
        # A stream takes one write at a time.
        if stream.writing is None or stream.writing.done():
            stream.writing = asyncio.create_task(_write(stream))

    def give_up(self) -> None:
        """Ends a stream that did not answer in time; the link then registers anew."""
        if self._stream is not None:
            self._stream.is_given_up = True
            self._stream.call.cancel()

    async def close(self) -> None:
        """Ends the stream and the connection."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._channel.close()

    async def _stay_registered(self, agent: SbsAgent, events: EdgeEvents) -> None:
        loss, refusal = Backoff(), Backoff(0.2, REFUSAL_PAUSE_S)
        while True:
            try:
                await self._register(agent)
                loss.reset()
                await self._read(events)
                pause_s, reason = loss.next_s(), "the edge ended the stream"
            except HandshakeError as error:
                self.refused.set()
                pause_s, reason = refusal.next_s(), str(error)
            except OverloadError as error:
                pause_s, reason = max(error.retry_s, loss.next_s()), str(error)
            except HierCoopError as error:
                pause_s, reason = loss.next_s(), str(error)
            finally:
                self._drop(agent, events)
            if reason != self._last_reason:
                log.warning("no edge", cell=agent.cell, reason=reason)
                self._last_reason = reason
            await asyncio.sleep(pause_s)

    async def _register(self, agent: SbsAgent) -> None:
        request = agent.registration()
        # It goes out in the moment in which the edge is back, where an attempt now and then would lose time between two.
        response = await ask(self._stub.Register, request, REGISTER_TIMEOUT_S, waits_for_server=True)
        agent.record("RegisterRequest", True, request.ByteSize())
        agent.record("RegisterResponse", False, response.ByteSize())
        agent.health.edge_reconnects += agent.edge_epoch != 0
        agent.health.is_edge_connected = True
        agent.edge_epoch = response.edge_epoch
        self._stream = _Stream(self._stub.Options())
        self._connected.set()
        self._last_reason = ""
        log.info("registered", cell=agent.cell, edge_epoch=response.edge_epoch)

    async def _read(self, events: EdgeEvents) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            while isinstance(decision := await stream.call.read(), OptionDecision):
                events.on_decision(decision)
        except grpc.aio.AioRpcError as error:
            raise as_error(error) from error
        except asyncio.CancelledError:
            # Reading a call that was cancelled looks as if the reader had been.
            if not stream.is_given_up:
                raise
            raise UnreachableError("the edge did not answer in time") from None

    def _drop(self, agent: SbsAgent, events: EdgeEvents) -> None:
        if self._stream is not None:
            self._stream.call.cancel()
            self._stream = None
            agent.health.is_edge_connected = False
            events.on_edge_lost()


async def _write(stream: _Stream) -> None:
    try:
        while stream.unsent:
            await stream.call.write(stream.unsent.popleft())
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        # The reader of the same call meets its end too, and says why.
        return
