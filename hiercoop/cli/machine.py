"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

MEASURED_PACKAGES = ("numpy", "grpcio", "protobuf", "onnxruntime", "uvloop")


def describe_machine() -> dict[str, object]:
    """CPU model, cores that this process may use, system, and versions of Python and the packages that matter."""
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in MEASURED_PACKAGES},
    }


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as Linux tells it, else what Python knows of it."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
