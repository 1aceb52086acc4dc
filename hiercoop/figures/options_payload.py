"""The paper's Fig. 6: which options are in force, against payload.

Options have no names: option 3 of one training has nothing to do with option 3 of another. So each training's options are
ranked by their share at the smallest payload, and ranks are averaged; how far the distribution moves from there is its total
variation distance.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure

from hiercoop.figures.by_payload import PAYLOAD_AXIS
from hiercoop.figures.contenders import HIERCOOP
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings
from hiercoop.figures.rows import Row, row
from hiercoop.figures.statistics import t_interval
from hiercoop.figures.study import StudyConfig, with_payload
from hiercoop.jobs.description import EvaluateJob


def option_jobs(study: StudyConfig) -> list[EvaluateJob]:
    """HierCoop's evaluations at all payloads."""
    return [job for payload in sorted(study.payloads_bytes) for job in _jobs_at(study, payload)]


def option_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """Shares by rank, the largest share, and the distance from the smallest payload's distribution."""
    payloads = sorted(study.payloads_bytes)
    told = [findings.evaluations(_jobs_at(study, payload)) for payload in payloads]
    if not all(len(results) == len(study.training_seeds) for results in told):
        return []
    shares = np.array([[result.option_share for result in results] for results in told])
    order = np.argsort(-shares[0], axis=1, kind="stable")
    ranked = np.take_along_axis(shares, order[None], axis=2)
    rows: list[Row] = []
    for rank in range(shares.shape[2]):
        for payload, values in zip(payloads, ranked[:, :, rank], strict=True):
            rows += row("options", f"option ranked {rank + 1}", payload / 1e3, t_interval(values), "training seeds")
    measured = {
        "largest share": shares.max(axis=2),
        "distance from the smallest payload's": total_variation(shares, shares[:1]),
    }
    for series, by_payload in measured.items():
        for payload, values in zip(payloads, by_payload, strict=True):
            rows += row("use", series, payload / 1e3, t_interval(values), "training seeds")
    return rows


def draw_options(study: StudyConfig, rows: list[Row]) -> Figure:
    """Stacked shares, and how much of the options is used."""
    return draw_panels(
        rows,
        [
            Panel("options", PAYLOAD_AXIS, "share of slots", "stack"),
            Panel("use", PAYLOAD_AXIS, "share, or total variation", is_share=True),
        ],
    )


def total_variation(
    shares: Float64[np.ndarray, "*any option"], others: Float64[np.ndarray, "*other option"]
) -> Float64[np.ndarray, "*any"]:
    """Half the sum of absolute differences: 0 for equal distributions, 1 for disjoint ones."""
    distance: np.ndarray = 0.5 * np.abs(shares - others).sum(axis=-1)
    return distance


def _jobs_at(study: StudyConfig, payload: float) -> list[EvaluateJob]:
    return study.evaluate_jobs(HIERCOOP, with_payload(study.scenario, payload), study.episodes)
