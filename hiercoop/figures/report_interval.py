"""What reporting more often is worth: gain over local search against report interval and speed, with the bytes it takes."""

from __future__ import annotations

from matplotlib.figure import Figure

from hiercoop.figures.cases import CAPACITY_GAIN, Case, case_jobs, case_rows
from hiercoop.figures.contenders import HIERCOOP
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings, metric, over, signalling
from hiercoop.figures.rows import Row, row
from hiercoop.figures.study import ON_TERMINATION, Reports, StudyConfig, full_buffer, with_settings
from hiercoop.figures.sweeps import fading_at
from hiercoop.jobs.description import EvaluateJob

FADING = "jakes"


def report_modes(study: StudyConfig) -> dict[str, Reports]:
    """Labels and modes, from every slot to never."""
    periodic = {str(period): Reports(reporting="periodic", period_slots=period) for period in study.report_periods_slots}
    return {**periodic, "ends": ON_TERMINATION, "never": Reports(reporting="none")}


def interval_jobs(study: StudyConfig) -> list[EvaluateJob]:
    """HierCoop in every mode at every speed, and local search."""
    return case_jobs(study, _cases(study))


def interval_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """Gains by mode, and the same gains by bytes."""
    cases = _cases(study)
    rows = case_rows(study, cases, findings)
    for case in cases:
        jobs = case.jobs(study)
        found = findings.gain_percent(jobs, case.reference_jobs(study), metric(case.quantity.metric))
        spent_bytes = signalling(findings.evaluations(jobs), "link_bytes")
        rows += row("bytes", case.series or "", spent_bytes, found, over(jobs))
    return rows


def draw_intervals(study: StudyConfig, rows: list[Row]) -> Figure:
    """Gain by mode above, by bytes below."""
    gain = "gain in sum capacity\nover local search [%]"
    return draw_panels(
        rows,
        [
            Panel("mode", "slots between reports, when options end, or never", gain, "points", has_zero=True),
            Panel("bytes", "link-layer signalling [bytes per slot]", gain, "points", x_scale="symlog", has_zero=True),
        ],
    )


def _cases(study: StudyConfig) -> list[Case]:
    cases = []
    for speed_mps in study.speeds_mps:
        scenario = full_buffer(with_settings(study.scenario, *fading_at(FADING, speed_mps)))
        cases += [
            Case("mode", label, HIERCOOP, scenario, CAPACITY_GAIN, study.sweep_episodes, reports, f"{speed_mps:g} m/s")
            for label, reports in report_modes(study).items()
        ]
    return cases
