"""The common kind of figure: what a policy reaches on a scenario, for each policy and each value of something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.figures.contenders import Policy, policy_name
from hiercoop.figures.findings import Findings, metric, over
from hiercoop.figures.rows import Row, row
from hiercoop.figures.study import ON_TERMINATION, Reports, StudyConfig
from hiercoop.jobs.description import EvaluateJob

REFERENCE = "local-search"
"""What gains are over."""


@dataclass(frozen=True)
class Quantity:
    """A metric of an evaluation, in the unit of an axis."""

    metric: str
    scale: float = 1.0
    is_gain: bool = False
    """Its gain over local search on the same episodes [%], instead of itself."""


SUM_CAPACITY_MBPS = Quantity("sum_capacity_bps", 1e-6)
LINK_CAPACITY_MBPS = Quantity("link_capacity_bps", 1e-6)
GOODPUT_MBPS = Quantity("goodput_bps", 1e-6)
DELIVERY = Quantity("delivery_success")
SPECTRAL_EFFICIENCY = Quantity("spectral_efficiency_bps_hz")
CAPACITY_GAIN = Quantity("sum_capacity_bps", is_gain=True)


@dataclass(frozen=True)
class Case:
    """One point of one panel."""

    panel: str
    x: float | str
    policy: Policy
    scenario: ScenarioConfig
    quantity: Quantity
    episodes: int
    reports: Reports = ON_TERMINATION
    series: str | None = None
    """Default: the policy's name."""

    def jobs(self, study: StudyConfig) -> list[EvaluateJob]:
        """The evaluations of the policy itself."""
        return study.evaluate_jobs(self.policy, self.scenario, self.episodes, self.reports)

    def reference_jobs(self, study: StudyConfig) -> list[EvaluateJob]:
        """That of local search, where the point is a gain over it."""
        return study.evaluate_jobs(REFERENCE, self.scenario, self.episodes) if self.quantity.is_gain else []


def case_jobs(study: StudyConfig, cases: Iterable[Case]) -> list[EvaluateJob]:
    """All that the cases need."""
    return [job for case in cases for job in (*case.jobs(study), *case.reference_jobs(study))]


def case_rows(study: StudyConfig, cases: Sequence[Case], findings: Findings) -> list[Row]:
    """One row a case whose results are there."""
    rows = []
    for case in cases:
        jobs, measure = case.jobs(study), metric(case.quantity.metric, case.quantity.scale)
        if case.quantity.is_gain:
            found = findings.gain_percent(jobs, case.reference_jobs(study), measure)
        else:
            found = findings.estimate(jobs, measure)
        rows += row(case.panel, case.series or policy_name(case.policy), case.x, found, over(jobs))
    return rows
