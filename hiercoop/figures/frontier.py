"""How much capacity how many bytes buy: every scheme on one picture, in each layer of the signalling account.

HierCoop's bytes are counted, message by message; those of the schemes that exchange channel state are computed
(execution/scheme_cost.py). A centre or a mesh that gets its state a slot late, as any real one does, reaches what best response
on that state reaches; the same without delay is drawn too, and cannot be had.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.scheme_cost import Bytes, centre_complex_cost, centre_gains_cost, mesh_gains_cost
from hiercoop.figures.contenders import HIERCOOP
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings, metric, over, signalling
from hiercoop.figures.report_interval import report_modes
from hiercoop.figures.rows import Row, row
from hiercoop.figures.statistics import t_interval
from hiercoop.figures.study import ON_TERMINATION, StudyConfig, full_buffer
from hiercoop.jobs.description import EvaluateJob

LAYERS = {"payload_bytes": "message payloads", "http2_bytes": "HTTP/2", "link_bytes": "link layer"}
BY_COST, BY_INTERVAL = "hiercoop-cost", "hiercoop-interval"
COST_PANEL = "cost"


@dataclass(frozen=True)
class Scheme:
    """A way of coordinating that nobody learns: what it reaches and what it costs."""

    series: str
    policy: str
    cost: Callable[[ScenarioConfig], Bytes]


def _nothing(scenario: ScenarioConfig) -> Bytes:
    return dict.fromkeys(LAYERS, 0)


SCHEMES = (
    Scheme("local-search", "local-search", _nothing),
    Scheme("band-plan", "band-plan", _nothing),
    Scheme("centre-late", "best-response-delayed", centre_gains_cost),
    Scheme("centre-complex-late", "best-response-delayed", centre_complex_cost),
    Scheme("mesh-late", "best-response-delayed", mesh_gains_cost),
    Scheme("centre", "best-response", centre_gains_cost),
)


def frontier_jobs(study: StudyConfig) -> list[EvaluateJob]:
    """HierCoop at every cost per byte and in every mode of reporting; the schemes' policies."""
    learned = [job for _, jobs in _learned(study) for job in jobs]
    return [*learned, *(job for scheme in SCHEMES for job in _scheme_jobs(study, scheme))]


def frontier_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """A point a scheme or setting in each layer; x is bytes per slot of all cells, the mean over trainings."""
    capacity = metric("sum_capacity_bps", 1e-6)
    rows: list[Row] = []
    for layer in LAYERS:
        for series, jobs in _learned(study):
            spent_bytes = signalling(findings.evaluations(jobs), layer)
            rows += row(layer, series, spent_bytes, findings.estimate(jobs, capacity), over(jobs))
        for scheme in SCHEMES:
            jobs = _scheme_jobs(study, scheme)
            rows += row(
                layer, scheme.series, float(scheme.cost(study.scenario)[layer]), findings.estimate(jobs, capacity), over(jobs)
            )
    for cost_per_byte in study.signalling_costs_per_byte:
        jobs = _jobs_at_cost(study, cost_per_byte)
        spent = np.array([signalling([result], "link_bytes") for result in findings.evaluations(jobs)], np.float64)
        rows += row(COST_PANEL, BY_COST, cost_per_byte, t_interval(spent), "training seeds")
    return rows


def draw_frontier(study: StudyConfig, rows: list[Row]) -> Figure:
    """One panel a layer, and what the cost per byte does to the bytes."""
    capacity = "sum capacity, full buffers\n[Mbit/s]"
    spent = "link-layer signalling\n[bytes per slot]"
    return draw_panels(
        rows,
        [
            *(
                Panel(layer, f"signalling, {label} [bytes per slot]", capacity, "points", x_scale="symlog")
                for layer, label in LAYERS.items()
            ),
            Panel(COST_PANEL, "cost ξ in training [reward per byte]", spent, x_scale="symlog", symlog_from=1e-6),
        ],
    )


def _learned(study: StudyConfig) -> list[tuple[str, list[EvaluateJob]]]:
    scenario = full_buffer(study.scenario)
    by_cost = [(BY_COST, _jobs_at_cost(study, cost_per_byte)) for cost_per_byte in study.signalling_costs_per_byte]
    by_interval = [
        (BY_INTERVAL, study.evaluate_jobs(HIERCOOP, scenario, study.episodes, reports))
        for reports in report_modes(study).values()
        if reports != ON_TERMINATION
    ]
    return [*by_cost, *by_interval]


def _jobs_at_cost(study: StudyConfig, cost_per_byte: float) -> list[EvaluateJob]:
    priced = HIERCOOP.on(f"hyperparameters.option.signalling_cost_per_byte={cost_per_byte}")
    return study.evaluate_jobs(priced, full_buffer(study.scenario), study.episodes, ON_TERMINATION)


def _scheme_jobs(study: StudyConfig, scheme: Scheme) -> list[EvaluateJob]:
    return study.evaluate_jobs(scheme.policy, full_buffer(study.scenario), study.episodes)
