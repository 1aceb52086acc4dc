"""What Prometheus reads of an agent."""

from __future__ import annotations

from hiercoop.execution.local_agent import LocalAgent
from hiercoop.execution.sbs_agent import SbsAgent
from hiercoop.rpc.metrics import Family, counter, gauge, signalling_families


def families(agent: SbsAgent | LocalAgent | None) -> list[Family]:
    """Health and signalling of the attach in hand; an agent without a cell has only the first gauge."""
    attached = gauge("agent_attached", "Whether this agent serves a cell.", agent is not None)
    if agent is None:
        return [attached]
    health = agent.health
    found: list[Family] = [
        attached,
        gauge("agent_edge_connected", "Whether this agent is registered at the edge.", health.is_edge_connected),
        counter("agent_local_slots", "Slots decided without the edge.", health.local_slots),
        counter("agent_edge_timeouts", "Reports that got no answer in time.", health.edge_timeouts),
        counter("agent_edge_reconnects", "Registrations after the first.", health.edge_reconnects),
        counter("agent_dropped_messages", "Stale, repeated or misdirected decisions.", health.dropped_messages),
    ]
    return found + (signalling_families(agent.ledger.counts()) if isinstance(agent, SbsAgent) else [])
