"""Distributions over links, of their capacity and of the time they take to deliver, at the scenario's payload."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure

from hiercoop.figures.by_payload import POLICIES
from hiercoop.figures.contenders import Policy, policy_name
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings, over
from hiercoop.figures.rows import Over, Row, row
from hiercoop.figures.statistics import Estimate, t_interval
from hiercoop.figures.study import StudyConfig, with_payload
from hiercoop.jobs.description import EvaluateJob
from hiercoop.jobs.results import EvaluateResult, Samples, as_array

NUM_POINTS = 41
MAX_CAPACITY_MBPS = 25.0


def distribution_jobs(study: StudyConfig) -> list[EvaluateJob]:
    """Every policy once, with every link kept."""
    return [job for policy in POLICIES for job in _jobs(study, policy)]


def distribution_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """Share of links up to each value; a link that never delivers stays above every time."""
    round_s = study.scenario.episode_slots * study.scenario.radio.slot_duration_s
    panels = {
        "capacity": (np.linspace(0.0, MAX_CAPACITY_MBPS, NUM_POINTS), 1e6),
        "time": (np.linspace(0.0, 1e3 * round_s, NUM_POINTS), 1e-3),
    }
    rows: list[Row] = []
    for panel, (grid, unit) in panels.items():
        for policy in POLICIES:
            jobs = _jobs(study, policy)
            shares = [share_up_to(_links(result, panel), grid * unit) for result in findings.evaluations(jobs)]
            for x, found in zip(grid, _estimates(shares, over(jobs)), strict=False):
                rows += row(panel, policy_name(policy), float(x), found, over(jobs))
    return rows


def draw_distributions(study: StudyConfig, rows: list[Row]) -> Figure:
    """Capacity above, time below."""
    return draw_panels(
        rows,
        [
            Panel("capacity", "link capacity while active [Mbit/s]", "share of links below", "curves", is_share=True),
            Panel("time", "time to deliver [ms]", "share of links delivered", "curves", is_share=True),
        ],
    )


def share_up_to(
    links: Float64[np.ndarray, "episode link"], grid: Float64[np.ndarray, "point"]
) -> Float64[np.ndarray, "episode point"]:
    """Share of each episode's links whose value is at most the grid's; NaN is above everything."""
    reached: np.ndarray = (links[:, :, None] <= grid).mean(axis=1)
    return reached


def _estimates(shares: list[Float64[np.ndarray, "episode point"]], over_what: Over) -> list[Estimate | None]:
    if not shares:
        return []
    values = shares[0] if over_what == "episodes" else np.stack([share.mean(axis=0) for share in shares])
    return [t_interval(column) for column in values.T]


def _links(result: EvaluateResult, panel: str) -> Float64[np.ndarray, "episode link"]:
    told: tuple[Samples, ...] = result.link_capacity_bps if panel == "capacity" else result.link_time_to_deliver_s
    return np.stack([as_array(values) for values in told])


def _jobs(study: StudyConfig, policy: Policy) -> list[EvaluateJob]:
    scenario = with_payload(study.scenario, study.scenario.traffic.payload_bytes)
    return study.evaluate_jobs(policy, scenario, study.episodes, keeps_links=True)
