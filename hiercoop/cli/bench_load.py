"""What the edge costs beside a bare echo of the same messages, and whether that has become worse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from hiercoop.errors import CheckError, InputFileError
from hiercoop.load.comparison import Compared, Contest, compare, saturation
from hiercoop.load.plan import LoadShape
from hiercoop.load.servers import ask_edge, started_echo, started_edge
from hiercoop.load.window import started_clients

STEADY = LoadShape(num_sbs=4, period_s=0.02, deadline_s=0.02, seconds=4.0, max_messages=10_000)
"""Light enough for any machine: here the processor time a message is compared."""
SPREAD = replace(STEADY, num_sbs=64, period_s=0.01, deadline_s=0.01, max_messages=100_000)
PACKED = replace(STEADY, num_sbs=64, period_s=0.05, deadline_s=0.05, packed=64)
FLOOD = replace(PACKED, period_s=0.001, deadline_s=0.001, max_messages=100_000)
"""One run's most: every cell reports in every slot of 1 ms."""
NUM_CLIENTS = 2
TARGETS = {
    "server_cpu_per_message": 1.25,
    "latency_p99_at_64_sbs": 1.5,
    "packed_reports_per_s": 100_000,
}
WORST_RATIO = 1.10
"""A check fails where processor time a message, over the echo's, has grown beyond this."""
LEAST_ANSWERED = 0.95
CHECKED = "server_cpu_per_message"


def bench_message(repeats: int, policy: str) -> dict[str, object]:
    """Processor time of the edge a message over the echo's, loaded in turns: what a baseline holds.

    CheckError where the machine is too busy for so light a load: messages that are read and not answered would count twice.
    """
    with _contest(policy) as contest:
        steady = compare(contest, repeats)
    for name, reading in (("edge", steady.edge), ("echo", steady.echo)):
        if reading.messages_answered < LEAST_ANSWERED * reading.messages_planned:
            raise CheckError(
                f"the {name} answered {reading.messages_answered} of {reading.messages_planned} messages, at least "
                f"{LEAST_ANSWERED:.0%} is wanted to compare processor time; measure again on an idle machine"
            )
    return {CHECKED: _cpu_ratio(steady), "steady": _figures(steady)}


def bench_load(repeats: int, policy: str) -> dict[str, object]:
    """Ratios of edge over echo, loaded in turns: processor time a message, latency of 64 SBSs, packed reports."""
    with _contest(policy) as contest:
        steady = compare(contest, repeats)
        spread = compare(replace(contest, shape=SPREAD), repeats)
        packed = compare(replace(contest, shape=PACKED), repeats)
        flood = compare(replace(contest, shape=FLOOD), repeats)
        most = saturation(replace(contest, shape=SPREAD))
    return {
        "targets": TARGETS,
        CHECKED: _cpu_ratio(steady),
        "latency_p99_at_64_sbs": spread.ratios["latency_p99"],
        "packed_reports_per_s": {
            name: reading.reports_decided / (repeats * FLOOD.seconds)
            for name, reading in (("edge", flood.edge), ("echo", flood.echo))
        },
        "saturation": {name: asdict(found) for name, found in most.items()},
        "steady": _figures(steady),
        "spread": _figures(spread),
        "packed": _figures(packed),
        "flood": _figures(flood),
    }


def check_baseline(found: dict[str, object], baseline: Path) -> None:
    """Raises CheckError where processor time a message is more than 10 % above the baseline's, both over the echo's.

    InputFileError where the baseline cannot be read.
    """
    try:
        wanted = float(json.loads(baseline.read_text("utf-8"))[CHECKED])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputFileError(f"baseline {baseline} cannot be used: {error}; write one with `bench load --save`") from error
    ratio = found[CHECKED]
    if not isinstance(ratio, float) or ratio > WORST_RATIO * wanted:
        raise CheckError(
            f"the edge takes {ratio} times the echo's processor time a message, the baseline {wanted:.3g}, at most "
            f"{WORST_RATIO:g} times that is allowed; measure again on an idle machine, or find what made it slower"
        )


@contextmanager
def _contest(policy: str) -> Iterator[Contest]:
    with ExitStack() as running:
        edge = running.enter_context(started_edge(policy))
        echo = running.enter_context(started_echo())
        clients = running.enter_context(started_clients(NUM_CLIENTS, ask_edge(edge.address)))
        yield Contest(clients, edge, echo, STEADY, say=lambda sentence: None)


def _cpu_ratio(compared: Compared) -> float | None:
    """Of all rounds together: one round's time is only some dozen steps of the kernel's clock."""
    edge, echo = compared.edge.server_cpu_us_per_message, compared.echo.server_cpu_us_per_message
    return edge / echo if edge and echo else None


def _figures(compared: Compared) -> dict[str, object]:
    values = asdict(compared)
    for name in ("edge", "echo"):
        del values[name]["latency_curve_us"]
    return values | {"rounds": [one.ratios for one in compared.rounds]}
