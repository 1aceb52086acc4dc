"""`python -m tests.faults.measure`: how soon faults are noticed and mended, and what they cost; one JSON object.

Times are of the last agent of all. Each figure is a median over the repeats, with the largest beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median

import uvloop

from hiercoop.cli.machine import describe_machine
from hiercoop.logs import configure_logs
from tests.faults.edge_outages import KINDS, Outage, edge_process, outages
from tests.faults.outage_capacity import capacity_without_edge
from tests.faults.service_faults import measure_services

PARTS = ("outages", "capacity", "services")


def measure_outages(num_agents: int, durations_s: tuple[float, ...], repeats: int) -> list[dict[str, object]]:
    """Outages of an edge with so many agents, one row a kind and length."""
    with tempfile.TemporaryDirectory() as directory, edge_process(Path(directory), num_agents) as edge:
        found = uvloop.run(outages(edge, KINDS, durations_s, repeats))
    return [
        _row(num_agents, [outage for outage in found if (outage.kind, outage.lasts_s) == (kind, lasts_s)])
        for kind in KINDS
        for lasts_s in durations_s
    ]


def _row(num_agents: int, found: list[Outage]) -> dict[str, object]:
    return {
        "edge": found[0].kind,
        "agents": num_agents,
        "outage_s": found[0].lasts_s,
        "noticed_s": {"median": median(o.noticed_s for o in found), "max": max(o.noticed_s for o in found)},
        "back_s": {"median": median(o.back_s for o in found), "max": max(o.back_s for o in found)},
    }


def main() -> None:
    """Measures and writes one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.measure", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}")
    parser.add_argument("--agents", type=int, nargs="+", default=[3, 64], help="one edge with so many agents after the other")
    parser.add_argument("--outage-s", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--slots", type=int, default=1000, help="of the outage whose capacity is measured")
    options = parser.parse_args()
    configure_logs("error")
    result: dict[str, object] = {"machine": describe_machine(), "load_average": os.getloadavg()[0]}
    if "outages" in options.parts:
        result["outages"] = [
            row for number in options.agents for row in measure_outages(number, tuple(options.outage_s), options.repeats)
        ]
    if "capacity" in options.parts:
        result["capacity"] = [capacity_without_edge(seed, options.slots) for seed in range(1, options.repeats + 1)]
    if "services" in options.parts:
        result["services"] = [asdict(row) for row in measure_services(options.repeats)]
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
