"""Where an agent's policy bundle comes from: its cache, or the edge."""

from __future__ import annotations

from dataclasses import dataclass

from hiercoop.errors import HandshakeError
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.logs import get_logger
from hiercoop.rpc.v1.channel_sim_service_pb2 import Welcome
from hiercoop.rpc.v1.upper_edge_service_pb2 import GetPolicyRequest
from services.sbs_agent.edge_link import EdgeLink
from services.sbs_agent.policy_cache import PolicyCache

log = get_logger(__name__)


@dataclass(frozen=True)
class FoundPolicy:
    """A bundle, and the messages that fetching it took: type, towards the edge, size [bytes]."""

    bundle: PolicyBundle
    transfer: tuple[tuple[str, bool, int], ...] = ()


class PolicySource:
    """The policy that this agent follows: a pinned one, else the run's, else the one in force at the edge."""

    def __init__(self, cache: PolicyCache, pinned_digest: str) -> None:
        self._cache = cache
        self._pinned_digest = pinned_digest
        self._wanted_digest = ""
        self._digest_in_force = ""
        """What the edge follows though the run wants `_wanted_digest`."""

    async def find(self, link: EdgeLink, welcome: Welcome) -> FoundPolicy:
        """The policy for this attach; UnreachableError while neither cache nor edge has it."""
        if welcome.policy_digest != self._wanted_digest:
            self._wanted_digest, self._digest_in_force = welcome.policy_digest, ""
        digest = self._pinned_digest or self._digest_in_force or welcome.policy_digest
        cached = self._cache.find(digest)
        if cached is not None:
            return FoundPolicy(cached)
        try:
            return await self._fetch(link, welcome, digest)
        except HandshakeError:
            if self._pinned_digest:
                raise
            return await self._fetch(link, welcome, "")

    async def is_outdated(self, link: EdgeLink, welcome: Welcome, digest: str) -> bool:
        """Whether the edge follows another policy than this one; an agent that is not pinned finds that one next."""
        if self._pinned_digest:
            return False
        found = await self._fetch(link, welcome, "")
        self._digest_in_force = found.bundle.digest
        return found.bundle.digest != digest

    async def _fetch(self, link: EdgeLink, welcome: Welcome, digest: str) -> FoundPolicy:
        request = GetPolicyRequest(
            digest=digest,
            cell=welcome.cell,
            attach_epoch=welcome.attach_epoch,
            run_epoch=welcome.profile.run_epoch,
        )
        bundle, size_bytes = await link.fetch_policy(request)
        self._cache.keep(bundle)
        log.info("policy fetched", digest=bundle.digest, size_bytes=size_bytes)
        transfer = (("GetPolicyRequest", True, request.ByteSize()), ("GetPolicyResponse", False, size_bytes))
        return FoundPolicy(bundle, transfer)
