"""`python -m tests.web.measure_memory`: whether the web process grows while pages are open; one JSON object."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hiercoop.cli.machine import describe_machine
from tests.web.whole_stack import ROOT, whole_stack

NUM_READERS = 5
PERIOD_S = 5.0
WARM_UP_S = 60.0
"""Until the recent series are full, and everything has been imported."""


def measure(minutes: float) -> dict[str, object]:
    """Resident memory over time, and its rise by least squares after the warm-up."""
    times_s: list[float] = []
    resident_bytes: list[int] = []
    with tempfile.TemporaryDirectory() as directory, whole_stack(Path(directory)) as stack:
        stack.until_slot(100)
        web = stack.process("services.upper_edge.web")
        command = [sys.executable, "-m", "tests.web.readers", stack.url, str(NUM_READERS)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as readers:
            began_s = time.monotonic()
            while time.monotonic() - began_s < WARM_UP_S + minutes * 60:
                times_s.append(time.monotonic() - began_s)
                resident_bytes.append(web.memory_info().rss)
                time.sleep(PERIOD_S)
            told = json.loads(readers.communicate(timeout=30)[0])
        slots = stack.read("status")["slot"]
    is_counted = np.array(times_s) >= WARM_UP_S
    counted_s, counted_bytes = np.array(times_s)[is_counted], np.array(resident_bytes)[is_counted]
    quarter = len(counted_bytes) // 4
    return {
        "machine": describe_machine(),
        "readers": NUM_READERS,
        "minutes": minutes,
        "slots": slots,
        "snapshots_read": told["snapshots"],
        "first_quarter_bytes": float(np.median(counted_bytes[:quarter])),
        "last_quarter_bytes": float(np.median(counted_bytes[-quarter:])),
        "most_bytes": int(counted_bytes.max()),
        "rise_bytes_per_minute": float(np.polyfit(counted_s / 60, counted_bytes, 1)[0]),
        "resident_bytes_each_minute": counted_bytes[:: int(60 / PERIOD_S)].tolist(),
    }


def main() -> None:
    """Measures and writes one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.measure_memory", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(measure(options.minutes), indent=1) + "\n")


if __name__ == "__main__":
    main()
