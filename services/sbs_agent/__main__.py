"""`python -m services.sbs_agent`: serves one cell of whatever run the simulator offers, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys

from hiercoop.errors import ConfigError, HandshakeError, HierCoopError, outcome_of
from hiercoop.logs import get_logger
from hiercoop.rpc.client import Backoff
from hiercoop.rpc.process import pause, read_settings, run_service
from hiercoop.rpc.server import RpcServer
from services.sbs_agent.attachment import Attachment
from services.sbs_agent.policy_cache import PolicyCache
from services.sbs_agent.policy_source import PolicySource
from services.sbs_agent.settings import AgentSettings

log = get_logger(__name__)

REFUSAL_PAUSE_S = 5.0


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Attaches, and attaches again whenever an attach ends, until `stop` is set."""
    policies = PolicySource(PolicyCache(settings.policy_cache), settings.policy_digest)
    loss, refusal = Backoff(), Backoff(0.5, REFUSAL_PAUSE_S)
    cell = settings.wanted_cell
    last_reason = ""
    while not stop.is_set():
        attachment = Attachment(settings, policies, cell)
        try:
            await attachment.run(stop)
            loss.reset()
            refusal.reset()
            continue
        except HandshakeError as error:
            reason, pause_s = str(error), refusal.next_s()
        except HierCoopError as error:
            reason, pause_s = str(error), loss.next_s()
        if attachment.agent is not None:
            loss.reset()
        if reason != last_reason:
            log.warning("attach ended", reason=reason)
            last_reason = reason
        await pause(stop, pause_s)


async def serve_with_health(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Serves, and answers health checks where HEALTH_ADDR asks for it."""
    if not settings.health_addr:
        await serve(settings, stop)
        return
    server = RpcServer("hiercoop.sbs_agent")
    await server.start(settings.health_addr)
    await server.set_serving(True)
    await serve(settings, stop)
    await server.stop()


def main() -> int:
    """The exit code of the process."""
    try:
        settings = read_settings(AgentSettings)
    except ConfigError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return run_service(lambda stop: serve_with_health(settings, stop), settings.log_level, settings.log_json)


if __name__ == "__main__":
    sys.exit(main())
