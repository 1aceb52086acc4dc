"""`python -m tests.web.measure_viewers`: what fifty open pages, one of them stalled, cost decisions; one JSON object.

One stack goes on all the time. Stretches of it without and with readers alternate, and which comes first alternates too, so
that the machine's drift touches both alike. Costs are compared within a pair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
from scipy import stats

from hiercoop.cli.machine import describe_machine
from tests.web.whole_stack import ROOT, WholeStack, whole_stack

NUM_READERS = 50
WINDOW_DECISIONS = 1000
"""The edge tells percentiles over its latest thousand decisions: a stretch has at least so many, and they are its own."""
SETTLE_S = 1.0
LONGEST_STRETCH_S = 60.0


@dataclass(frozen=True)
class Stretch:
    """One stretch of the run."""

    decisions: int
    cpu_us_per_decision: float
    p99_us: float
    slots_per_s: float
    web_cpu_share: float
    """Of one core."""


def cpu_s(process: psutil.Process) -> float:
    """Processor time of all threads of a process [s], to the nanosecond, where `cpu_times` counts hundredths of a second."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) * 1e-9


def decisions_of(stack: WholeStack) -> tuple[int, float, int]:
    """Decisions so far, p99 of the latest of them [s], and the slot."""
    told = stack.read("status")
    edge = told["edge"]
    if not isinstance(edge, dict) or not edge["decision_latency_s"]:
        raise ValueError("the edge has decided nothing yet; is the run under way?")
    return int(edge["decisions"]), float(edge["decision_latency_s"][2]), int(str(told["slot"]))


def stretch(stack: WholeStack) -> Stretch:
    """The cost of decisions from now until a whole window of them has been made."""
    edge, web = stack.process("services.upper_edge.decisions"), stack.process("services.upper_edge.web")
    time.sleep(SETTLE_S)
    began_s, edge_s, web_s = time.monotonic(), cpu_s(edge), cpu_s(web)
    first, p99_s, first_slot = decisions_of(stack)
    last, slot = first, first_slot
    # Counters are heard of once a second, so a little more than the window.
    while last - first < 1.1 * WINDOW_DECISIONS and time.monotonic() - began_s < LONGEST_STRETCH_S:
        time.sleep(0.5)
        last, p99_s, slot = decisions_of(stack)
    took_s = time.monotonic() - began_s
    return Stretch(
        decisions=last - first,
        cpu_us_per_decision=(cpu_s(edge) - edge_s) / (last - first) * 1e6,
        p99_us=p99_s * 1e6,
        slots_per_s=(slot - first_slot) / took_s,
        web_cpu_share=(cpu_s(web) - web_s) / took_s,
    )


def watched_stretch(stack: WholeStack) -> tuple[Stretch, float]:
    """The same with fifty readers, and how many snapshots a second each of them read."""
    command = [sys.executable, "-m", "tests.web.readers", stack.url, str(NUM_READERS)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as readers:
        began_s = time.monotonic()
        found = stretch(stack)
        took_s = time.monotonic() - began_s
        told = json.loads(readers.communicate(timeout=30)[0])
    return found, told["snapshots"] / told["readers"] / took_s


def upper_95(ratios: list[float]) -> float:
    """Upper end of the 95 % interval of the geometric mean, by Student's t over logarithms."""
    logs = np.log(ratios)
    return float(np.exp(logs.mean() + stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))))


def measure(num_pairs: int, options: list[str]) -> dict[str, object]:
    """The whole result."""
    alone: list[Stretch] = []
    watched: list[Stretch] = []
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as directory, whole_stack(Path(directory), *options) as stack:
        stack.until_slot(500)
        for pair in range(num_pairs):
            for is_watched in (False, True) if pair % 2 == 0 else (True, False):
                if is_watched:
                    found, rate = watched_stretch(stack)
                    watched.append(found)
                    rates.append(rate)
                else:
                    alone.append(stretch(stack))
    cpu = [one.cpu_us_per_decision / other.cpu_us_per_decision for one, other in zip(watched, alone, strict=True)]
    p99 = [one.p99_us / other.p99_us for one, other in zip(watched, alone, strict=True)]
    return {
        "machine": describe_machine(),
        "stack_options": options,
        "readers": NUM_READERS,
        "pairs": num_pairs,
        "median_cpu_ratio": float(np.median(cpu)),
        "p99_ratio": {"geometric_mean": float(np.exp(np.log(p99).mean())), "upper_95": upper_95(p99)},
        "snapshots_per_s_of_a_reader": float(np.median(rates)),
        "alone": [asdict(one) for one in alone],
        "watched": [asdict(one) for one in watched],
    }


def main() -> None:
    """Measures and writes one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.measure_viewers", description=__doc__)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("stack_options", nargs="*", help="of python -m services, after --")
    options = parser.parse_args()
    sys.stdout.write(json.dumps(measure(options.pairs, options.stack_options), indent=1) + "\n")


if __name__ == "__main__":
    main()
