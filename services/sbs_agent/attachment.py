"""One attach to the simulator, from hello to the end: a cell, a policy, an edge, and then slots."""

from __future__ import annotations

import asyncio
from enum import Enum, auto

import grpc
from google.protobuf.message import DecodeError

from hiercoop.config.run import RunConfig
from hiercoop.errors import BundleError, HandshakeError, HierCoopError, MessageError, UnreachableError
from hiercoop.execution.local_agent import LocalAgent
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.execution.version import hiercoop_version
from hiercoop.logs import get_logger
from hiercoop.rpc.client import Backoff, as_error, open_channel
from hiercoop.rpc.slot_stream import SlotConnection, connect_slot_stream
from hiercoop.rpc.v1.channel_sim_service_pb2 import Allocation, Hello, SlotObservation, Welcome
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import ChannelSimServiceStub
from services.sbs_agent.edge_link import EdgeLink
from services.sbs_agent.policy_source import PolicySource
from services.sbs_agent.settings import AgentSettings
from services.sbs_agent.slot_work import SlotWork

log = get_logger(__name__)

DETACH_TIMEOUT_S = 0.5
POLICY_PAUSE_S = 2.0
"""Longest pause between attempts to get a policy, while the cell is served without one."""

Lease = grpc.aio.StreamStreamCall[Allocation, SlotObservation]


class End(Enum):
    """Why an attach ended without an error."""

    STOPPED = auto()
    """This agent was asked to stop."""
    RENEWED = auto()
    """Another run began, or another policy is there: attach again at once."""


class Attachment:
    """One attach of this agent: `run` it once."""

    def __init__(self, settings: AgentSettings, policies: PolicySource) -> None:
        self.welcome = Welcome()
        self.agent: SbsAgent | LocalAgent | None = None
        self._settings = settings
        self._policies = policies
        self._channel = open_channel(settings.sim_addr)
        self._link = EdgeLink(settings.edge_addr, settings.edge_ping_timeout_s)
        self._slots: SlotConnection | None = None
        self._over: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    async def run(self, stop: asyncio.Event) -> End:
        """Serves a cell until it is over, and says why; raises the error that broke it."""
        lease: Lease = ChannelSimServiceStub(self._channel).Attach()
        serving = asyncio.create_task(self._serve(lease))
        stopping = asyncio.create_task(self._end_at(stop))
        try:
            why = await self._over
            await self._say_goodbye(lease, serving)
            return why
        finally:
            stopping.cancel()
            serving.cancel()
            await self._close(lease)

    def end(self, why: End) -> None:
        """Ends the attach in an orderly way."""
        if not self._over.done():
            self._over.set_result(why)

    def _fail(self, error: HierCoopError) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    async def _end_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.end(End.STOPPED)

    async def _serve(self, lease: Lease) -> None:
        """Greets, gets ready, takes part, and listens on the lease; an error ends the attach."""
        try:
            await self._greet(lease)
            await self._take_part()
            watching = asyncio.create_task(self._watch_policy())
            try:
                await self._listen(lease)
            finally:
                watching.cancel()
        except grpc.aio.AioRpcError as error:
            self._fail(as_error(error))
        except asyncio.InvalidStateError:
            self._fail(UnreachableError("the simulator ended the attach"))
        except HierCoopError as error:
            self._fail(error)

    async def _greet(self, lease: Lease) -> None:
        hello = Hello(
            protocol_version=PROTOCOL_VERSION,
            wanted_cell=self._settings.wanted_cell,
            agent=self._settings.agent_name,
            uses_slot_port=True,
            version=hiercoop_version(),
        )
        await lease.write(Allocation(hello=hello))
        while True:
            message = await lease.read()
            if not isinstance(message, SlotObservation) or not message.HasField("welcome"):
                raise UnreachableError("the simulator ended the attach before it gave a cell")
            self.welcome = message.welcome
            if not self.welcome.is_standby:
                break
            log.info("standing by")
        log.info("cell given", cell=self.welcome.cell, attach_epoch=self.welcome.attach_epoch)

    async def _take_part(self) -> None:
        run = RunConfig.model_validate_json(self.welcome.run_config)
        self.agent = await self._make_agent(run)
        work = SlotWork(self.agent, run, self._link, self._answer)
        if isinstance(self.agent, SbsAgent):
            self._link.start(self.agent, work)
            await self._link.wait_connected(self._settings.edge_wait_s)

        def on_frame(frame: bytes) -> None:
            try:
                self._take(SlotObservation.FromString(frame), work)
            except DecodeError:
                self._fail(MessageError(f"a slot frame of {len(frame)} bytes is no SlotObservation"))
            except HierCoopError as error:
                self._fail(error)

        host = self._settings.sim_addr.rpartition(":")[0].strip("[]")
        lost = UnreachableError("the slot connection ended")
        self._slots = await connect_slot_stream(
            host, self.welcome.slot_port, self.welcome.slot_token, on_frame, lambda: self._fail(lost)
        )

    async def _make_agent(self, run: RunConfig) -> SbsAgent | LocalAgent:
        """An agent with the run's policy, or one that serves alone where it cannot be had in time or does not fit."""
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + self._settings.edge_wait_s
        backoff = Backoff()
        while True:
            try:
                return await self._make_sbs_agent(run)
            except UnreachableError as error:
                reason = str(error)
            except (BundleError, HandshakeError) as error:
                reason, deadline_s = str(error), clock()
            if clock() >= deadline_s:
                log.warning("serving without a policy", cell=self.welcome.cell, reason=reason)
                return LocalAgent(self.welcome, run)
            await asyncio.sleep(backoff.next_s())

    async def _make_sbs_agent(self, run: RunConfig) -> SbsAgent:
        found = await self._policies.find(self._link, self.welcome)
        agent = SbsAgent(self.welcome, run, found.bundle)
        for message_type, is_up, size_bytes in found.transfer:
            agent.record(message_type, is_up, size_bytes)
        return agent

    async def _listen(self, lease: Lease) -> None:
        """Returns never; the lease says when the run or the simulator ends."""
        while isinstance(message := await lease.read(), SlotObservation):
            if message.is_end:
                self.end(End.RENEWED)
        raise UnreachableError("the simulator ended the attach")

    async def _watch_policy(self) -> None:
        """Ends the attach when a policy can be had at last, or the edge follows another one than this agent."""
        if isinstance(self.agent, LocalAgent):
            await self._wait_for_policy(RunConfig.model_validate_json(self.welcome.run_config))
        elif self.agent is not None:
            await self._wait_for_another_policy(self.agent.registration().policy_digest)
        self.end(End.RENEWED)

    async def _wait_for_policy(self, run: RunConfig) -> None:
        backoff = Backoff(0.1, POLICY_PAUSE_S)
        while True:
            await asyncio.sleep(backoff.next_s())
            try:
                (await self._policies.find(self._link, self.welcome)).bundle.check_scenario(run.scenario)
            except HierCoopError as error:
                log.debug("still no policy", cell=self.welcome.cell, reason=str(error))
            else:
                return

    async def _wait_for_another_policy(self, digest: str) -> None:
        while True:
            await self._link.refused.wait()
            self._link.refused.clear()
            try:
                if await self._policies.is_outdated(self._link, self.welcome, digest):
                    return
            except HierCoopError as error:
                log.debug("policy in force unknown", cell=self.welcome.cell, reason=str(error))

    def _take(self, observation: SlotObservation, work: SlotWork) -> None:
        if observation.is_end:
            self.end(End.RENEWED)
        else:
            work.observe(observation)

    def _answer(self, allocation: Allocation) -> None:
        if self._slots is not None:
            self._slots.send(allocation)

    async def _say_goodbye(self, lease: Lease, serving: asyncio.Task[None]) -> None:
        """Tells the simulator that no gap is to be counted, and waits for it to end the lease."""
        if self._slots is None:
            return
        detach = Allocation(cell=self.welcome.cell, attach_epoch=self.welcome.attach_epoch, is_detach=True)
        try:
            await lease.write(detach)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The simulator was first to end it.
            return
        # A task that is cancelled while it reads cancels its call: the one that listens has to see the end by itself.
        await asyncio.wait([serving], timeout=DETACH_TIMEOUT_S)

    async def _close(self, lease: Lease) -> None:
        lease.cancel()
        if self._slots is not None:
            self._slots.close()
        await self._link.close()
        await self._channel.close()
