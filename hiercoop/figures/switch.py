"""A running emulation whose payload is switched from the smallest to the largest: options and deliveries around the switch."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from matplotlib.figure import Figure

from hiercoop.figures.contenders import HIERCOOP
from hiercoop.figures.drawing import Panel, draw_panels
from hiercoop.figures.findings import Findings
from hiercoop.figures.rows import Row, row
from hiercoop.figures.statistics import t_interval
from hiercoop.figures.study import StudyConfig
from hiercoop.jobs.description import SwitchJob
from hiercoop.jobs.results import SwitchResult, as_array

BIN_SLOTS = 20
"""Slots that a point averages; a round is a whole number of bins, so that every bin holds the same part of a round."""


def switch_jobs(study: StudyConfig) -> list[SwitchJob]:
    """Several runs of each training."""
    return [job for jobs in study.switch_jobs(HIERCOOP) for job in jobs]


def switch_rows(study: StudyConfig, findings: Findings) -> list[Row]:
    """Means over a training's runs, with the interval over trainings; slots count from the switch."""
    runs = [findings.switches(jobs) for jobs in study.switch_jobs(HIERCOOP)]
    runs = [results for results in runs if results]
    if not runs:
        return []
    first = runs[0][0]
    bin_slots = BIN_SLOTS if first.round_slots % BIN_SLOTS == 0 else first.round_slots
    shares = np.stack([_ranked_shares(results, bin_slots) for results in runs], axis=-1)
    goodput = np.stack([_mean([_binned(as_array(one.goodput_bps), bin_slots) for one in results]) for results in runs], axis=-1)
    delivery = np.stack([_mean([as_array(one.delivery_success) for one in results]) for results in runs], axis=-1)
    rows: list[Row] = []
    for rank in range(shares.shape[1]):
        for bin_index, values in enumerate(shares[:, rank]):
            slot = float((bin_index + 0.5) * bin_slots - first.switch_slot)
            rows += row("options", f"option ranked {rank + 1}", slot, t_interval(values), "training seeds")
    for round_index, values in enumerate(delivery):
        slot = float((round_index + 1) * first.round_slots - first.switch_slot)
        rows += row("delivery", "hiercoop", slot, t_interval(values), "training seeds")
    for bin_index, values in enumerate(goodput / 1e6):
        slot = float((bin_index + 0.5) * bin_slots - first.switch_slot)
        rows += row("goodput", "hiercoop", slot, t_interval(values), "training seeds")
    return rows


def draw_switch(study: StudyConfig, rows: list[Row]) -> Figure:
    """Options, deliveries and goodput on one time axis."""
    slots = "slots after the switch"
    return draw_panels(
        rows,
        [
            Panel("options", slots, "share of cells", "stack", mark_x=0.0),
            Panel("delivery", f"{slots} (at each round's end)", "share of links delivered", is_share=True, mark_x=0.0),
            Panel("goodput", slots, "goodput, all links\n[Mbit/s]", "curves", mark_x=0.0),
        ],
    )


def _ranked_shares(results: list[SwitchResult], bin_slots: int) -> Float64[np.ndarray, "bin option"]:
    """Shares of one training's options, the most used before the switch first."""
    shares = _mean([_binned(np.array(one.option_share), bin_slots) for one in results])
    before = shares[: results[0].switch_slot // bin_slots].mean(axis=0)
    ranked: np.ndarray = shares[:, np.argsort(-before, kind="stable")]
    return ranked


def _binned(values: Float64[np.ndarray, "slot *rest"], bin_slots: int) -> Float64[np.ndarray, "bin *rest"]:
    binned: np.ndarray = values.reshape(-1, bin_slots, *values.shape[1:]).mean(axis=1)
    return binned


def _mean(values: list[np.ndarray]) -> np.ndarray:
    return np.asarray(np.nanmean(np.stack(values), axis=0))
