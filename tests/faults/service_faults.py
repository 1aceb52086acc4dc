"""What each fault of each service does to the others: a stack of three cells in lock-step, every connection through a proxy."""

from __future__ import annotations

import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.faults.edge_outages import until_listening
from tests.faults.fault_proxy import BLACK_HOLE, NO_FAULTS
from tests.faults.proxied_stack import Line, ProxiedStack, missed_slots, proxied_stack, start_agent, wait_for

Fault = Literal["SIGKILL", "SIGTERM", "SIGSTOP", "black hole", "reset", "half-open"]
PROCESS_FAULTS: tuple[Fault, ...] = ("SIGKILL", "SIGTERM", "SIGSTOP")
LINE_FAULTS: tuple[Fault, ...] = ("black hole", "reset", "half-open")
LASTS_S = 2.0
"""How long a fault lasts that does not pass by itself."""
VICTIM = "agent1"


@dataclass(frozen=True)
class FaultRow:
    """One service and one fault; times are medians over the repeats, counts sums over the repeats."""

    service: str
    fault: Fault
    noticed_s: float
    """Until the last of those concerned had noticed."""
    whole_s: float
    """From the return of what failed until the last cell was served again."""
    slots_without_allocation: int
    gaps: int
    reports_unanswered: int


@dataclass(frozen=True)
class _Times:
    began_s: float
    returned_s: float


def measure_services(repeats: int) -> list[FaultRow]:
    """Every fault of every service, so often."""
    rows = []
    with tempfile.TemporaryDirectory() as directory, proxied_stack(Path(directory)) as proxied:
        for service, faults in (
            ("edge", PROCESS_FAULTS + LINE_FAULTS),
            (VICTIM, PROCESS_FAULTS),
            ("sim", LINE_FAULTS + PROCESS_FAULTS),
        ):
            for fault in faults:
                found = [_one(proxied, service, fault) for _ in range(repeats)]
                rows.append(_joined(service, fault, found))
    return rows


def _joined(service: str, fault: Fault, found: list[FaultRow]) -> FaultRow:
    return FaultRow(
        service="agent" if service == VICTIM else service,
        fault=fault,
        noticed_s=median(row.noticed_s for row in found),
        whole_s=median(row.whole_s for row in found),
        slots_without_allocation=sum(row.slots_without_allocation for row in found),
        gaps=sum(row.gaps for row in found),
        reports_unanswered=sum(row.reports_unanswered for row in found),
    )


def _one(proxied: ProxiedStack, service: str, fault: Fault) -> FaultRow:
    before = proxied.settle()
    times = _suffer(proxied, service, fault)
    # Cells look whole until the fault is noticed.
    noticed_s = max(_first_moments_s(proxied, *_notices(service), times.began_s))
    after = proxied.settle()
    whole_s = max(_moments_s(proxied, *_recoveries(service), noticed_s))
    is_same_run = after.run_epoch == before.run_epoch
    return FaultRow(
        service=service,
        fault=fault,
        noticed_s=noticed_s - times.began_s,
        whole_s=whole_s - times.returned_s,
        slots_without_allocation=sum(missed_slots(after)) - is_same_run * sum(missed_slots(before)),
        gaps=_gaps(after) - is_same_run * _gaps(before),
        reports_unanswered=_unanswered(after) - is_same_run * _unanswered(before),
    )


def _suffer(proxied: ProxiedStack, service: str, fault: Fault) -> _Times:
    began_s = time.time()
    if fault in PROCESS_FAULTS:
        proxied.stack.signal(service, signal.Signals[fault])
        time.sleep(LASTS_S)
        return _Times(began_s, _return_process(proxied, service, fault))
    line = proxied.edge if service == "edge" else proxied.sim
    return _Times(began_s, _suffer_line(line, fault, began_s))


def _return_process(proxied: ProxiedStack, service: str, fault: Fault) -> float:
    if fault == "SIGSTOP":
        proxied.stack.signal(service, signal.SIGCONT)
    elif service == VICTIM:
        start_agent(proxied.stack, service, proxied.edge.proxies[0])
    else:
        proxied.stack.start(service)
        address = proxied.stack.environment["EDGE_ADDR" if service == "edge" else "SIM_ADDR"]
        until_listening(int(address.rpartition(":")[2]))
    return time.time()


def _suffer_line(line: Line, fault: Fault, began_s: float) -> float:
    """When the line was there again; a reset, and the loss of one end, pass at once."""
    if fault == "reset":
        line.reset()
    elif fault == "half-open":
        line.half_open()
    else:
        line.set(BLACK_HOLE)
        time.sleep(LASTS_S)
        line.set(NO_FAULTS)
        return time.time()
    return began_s


def _notices(service: str) -> tuple[tuple[str, ...], str]:
    """Whose logs tell that this service is missed, and by which event."""
    agents = ("agent0", "agent1", "agent2")
    return {"edge": (agents, "no edge"), "sim": (agents, "attach ended")}.get(service, (("sim",), "agent left"))


def _recoveries(service: str) -> tuple[tuple[str, ...], str]:
    """Whose logs tell that all is well again, and by which event."""
    return (("agent0", "agent1", "agent2"), "registered") if service == "edge" else (("sim",), "agent joined")


def _moments_s(proxied: ProxiedStack, names: tuple[str, ...], event: str, since_s: float) -> list[float]:
    return [moment_s for name in names for moment_s in proxied.moments_s(name, event) if moment_s >= since_s]


def _first_moments_s(proxied: ProxiedStack, names: tuple[str, ...], event: str, since_s: float) -> list[float]:
    """The first of each of these logs, as soon as there is one."""

    def firsts() -> list[float]:
        return [min(found) for name in names if (found := _moments_s(proxied, (name,), event, since_s))]

    wait_for(lambda: len(firsts()) == len(names))
    return firsts()


def _gaps(seen: WatchResponse) -> int:
    return sum(cell.gaps for cell in seen.cells)


def _unanswered(seen: WatchResponse) -> int:
    """Reports that went out less decisions that came."""
    sent = {(count.type, count.is_up): 0 for count in seen.signalling}
    for count in seen.signalling:
        sent[count.type, count.is_up] += count.messages
    return sent.get(("FeatureReport", True), 0) - sent.get(("OptionDecision", False), 0)
