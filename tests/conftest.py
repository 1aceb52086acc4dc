"""Tests do arithmetic on one thread, as training and serving do; shape and type annotations are checked at every call."""

import os

for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from jaxtyping import install_import_hook  # noqa: E402

install_import_hook(["hiercoop.radio", "hiercoop.mobility", "hiercoop.traffic", "hiercoop.env"], "beartype.beartype")

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# The first call compiles annotations and the machine may be busy: a deadline for each example would only tell of that.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

BOLOGNA_TRACE = Path(__file__).resolve().parents[2] / "shared" / "data" / "bologna_acosta.fcd.xml.gz"


@pytest.fixture(scope="session")
def bologna_trace() -> Path:
    """Thirty seconds of real-road traffic; it lies beside the project and is no part of it."""
    if not BOLOGNA_TRACE.exists():
        pytest.skip(f"{BOLOGNA_TRACE} is not here")
    return BOLOGNA_TRACE
