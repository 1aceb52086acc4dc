"""The paper's Fig. 5: reward against training episodes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure

from hiercoop.figures.contenders import CONTENDERS
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings
from hiercoop.figures.rows import Row, row
from hiercoop.figures.statistics import t_interval
from hiercoop.figures.study import StudyConfig
from hiercoop.jobs.description import TrainJob
from hiercoop.jobs.results import TrainResult, as_array

MEASURED = {"reward": "reward", "validation": "validation_score"}
"""Panel and metric: training reward moves with the curriculum's scenarios, the validation score is on the same drops always."""


def curve_jobs(study: StudyConfig) -> list[TrainJob]:
    """All trainings of all contenders."""
    return [job for contender in CONTENDERS for job in study.train_jobs(contender)]


def curve_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """A point every few iterations: the mean over the iterations up to it, with the interval over training seeds."""
    rows: list[Row] = []
    for panel, name in MEASURED.items():
        for contender in CONTENDERS:
            results = findings.trainings(study.train_jobs(contender))
            for episodes, values in _points(results, name, study.moving_mean_iterations if panel == "reward" else 1):
                rows += row(panel, contender.name, episodes, t_interval(values), "training seeds")
    return rows


def draw_curves(study: StudyConfig, rows: list[Row]) -> Figure:
    """Training reward above, validation below."""
    window = study.moving_mean_iterations
    return draw_panels(
        rows,
        [
            Panel("reward", "training episodes", f"training reward a slot,\nmean of {window} iterations", "curves"),
            Panel("validation", "training episodes", "validation score"),
        ],
    )


def _points(results: list[TrainResult], name: str, window: int) -> list[tuple[float, Float64[np.ndarray, "seed"]]]:
    """Episodes so far and one value a training, wherever all trainings tell one."""
    curves = [moving_mean(as_array(result.metrics[name]), window) for result in results if name in result.metrics]
    if not curves:
        return []
    length, episodes = min(map(len, curves)), results[0].episodes_per_iteration
    values = np.stack([curve[:length] for curve in curves], axis=1)
    told = [index for index in range(length) if not np.isnan(values[index]).any()]
    return [(float((index + 1) * episodes), values[index]) for index in told]


def moving_mean(values: Float64[np.ndarray, "iteration"], window: int) -> Float64[np.ndarray, "iteration"]:
    """Mean of each value and the window - 1 before it; NaN where there are not that many."""
    means = np.full(len(values), np.nan)
    for end in range(window, len(values) + 1):
        means[end - 1] = values[end - window : end].mean()
    return means
