"""Studies and results for tests: what jobs would have found, written where they would have written it."""

from __future__ import annotations

from hiercoop.config.load import build
from hiercoop.figures.study import QUICK, StudyConfig
from hiercoop.jobs.description import EvaluateJob
from hiercoop.jobs.results import EvaluateResult
from hiercoop.jobs.store import ResultStore

STUDY = build(StudyConfig, dict(QUICK))


def write_evaluation(store: ResultStore, job: EvaluateJob, values: list[float], **changes: object) -> None:
    """A result whose metrics all have these values, one an episode."""
    names = ("sum_capacity_bps", "link_capacity_bps", "goodput_bps", "delivery_success", "spectral_efficiency_bps_hz")
    content: dict[str, object] = {
        "metrics": {name: tuple(values) for name in names},
        "signalling_per_slot": {"payload_bytes_per_slot": 30.0, "http2_bytes_per_slot": 40.0, "link_bytes_per_slot": 90.0},
        "option_share": (0.75, 0.25),
        **changes,
    }
    store.write(job, EvaluateResult.model_validate(content), 1.0)
