"""`python -m services.sbs_agent`: serves one cell of whatever run the simulator offers, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
import time

from hiercoop.errors import ConfigError, HandshakeError, HierCoopError, outcome_of
from hiercoop.logs import get_logger
from hiercoop.rpc.client import Backoff
from hiercoop.rpc.metrics import serve_metrics
from hiercoop.rpc.process import pause, read_settings, run_service
from hiercoop.rpc.server import RpcServer
from services.sbs_agent.attachment import Attachment
from services.sbs_agent.metrics import families
from services.sbs_agent.policy_cache import PolicyCache
from services.sbs_agent.policy_source import PolicySource
from services.sbs_agent.settings import AgentSettings

log = get_logger(__name__)

REFUSAL_PAUSE_S = 5.0
PATIENCE_S = 2.0


async def serve(settings: AgentSettings, stop: asyncio.Event) -> None:
    """Attaches, and attaches again whenever an attach ends, until `stop` is set."""
    policies = PolicySource(PolicyCache(settings.policy_cache), settings.policy_digest)
    loss, refusal = Backoff(), Backoff(0.5, REFUSAL_PAUSE_S)
    failures = Failures()
    attachment: Attachment | None = None
    serve_metrics(settings.metrics_port, lambda: families(attachment.agent if attachment is not None else None))
    while not stop.is_set():
        attachment = Attachment(settings, policies)
        try:
            await attachment.run(stop)
            pause_s = 0.0
        except HandshakeError as error:
            failures.note(error)
            pause_s = refusal.next_s()
        except HierCoopError as error:
            failures.note(error)
            pause_s = loss.next_s()
        if attachment.agent is not None:
            loss.reset()
            refusal.reset()
            failures = Failures()
        await pause(stop, pause_s)


class Failures:
    """Failures in a row: said once a reason, and loudly only when they go on, as all do for a moment at start and end."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._said: set[str] = set()

    def note(self, error: HierCoopError) -> None:
        """Takes in one failed attach."""
        goes_on = time.monotonic() - self._began_s > PATIENCE_S
        reason = str(error)
        if goes_on and reason not in self._said:
            self._said.add(reason)
            log.warning("no cell", reason=reason)
        log.debug("attach ended", reason=reason)


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
