"""What is written of a run: a summary over all of it, and what is read back as an answer."""

from __future__ import annotations

import json
import re

from hiercoop.config.run import RunConfig
from hiercoop.execution.signalling import totals
from hiercoop.execution.watch_series import mean_capacity_bps, mean_time_to_deliver_s, run_series, success_of
from services.upper_edge.web.board import Run
from services.upper_edge.web.kept_samples import pack_samples, unpack_samples
from services.upper_edge.web.models import numbers
from services.upper_edge.web.run_command import command_of
from services.upper_edge.web.run_database import KeptRun

KEPT_POINTS = 300
LINK_LAYER = 2
"""Index among hiercoop.execution.watch_series.LAYERS."""
UID = re.compile("[0-9a-f]{32}")


def record_of(run: Run, state: str, policy_name: str | None, now_unix_s: float) -> KeptRun:
    """The row of a run as it stands now."""
    told = run.response
    return KeptRun(
        id=told.run_uid,
        state=state,
        begun_unix_s=told.begun_unix_s,
        updated_unix_s=now_unix_s,
        summary=json.dumps(_figures(run, policy_name)),
        config=run.config.model_dump_json(),
        command=command_of(run.config, policy_name),
        samples=pack_samples(run.history.samples("run", KEPT_POINTS)),
    )


def has_identity(run: Run | None) -> bool:
    """Whether this run can be told from all others, and so be kept."""
    return run is not None and UID.fullmatch(run.response.run_uid) is not None


def summary_of(kept: KeptRun) -> dict[str, object]:
    """The row as the fields of a summary."""
    figures = json.loads(kept.summary)
    own = {"id": kept.id, "state": kept.state, "begun_unix_s": kept.begun_unix_s, "updated_unix_s": kept.updated_unix_s}
    return {**figures, **own}


def detail_of(kept: KeptRun) -> dict[str, object]:
    """The row as the fields of a run's detail; InputFileError where its samples are damaged."""
    config = RunConfig.model_validate_json(kept.config)
    return {
        "summary": summary_of(kept),
        "command": kept.command,
        "config": json.loads(kept.config),
        "series": _series(kept, config.scenario.radio.slot_duration_s),
    }


def _figures(run: Run, policy_name: str | None) -> dict[str, object]:
    told, config = run.response, run.config
    sizes = totals(told.signalling)
    slots = told.slot
    return {
        "run_id": told.run_id,
        "scenario": config.scenario.name,
        "policy_digest": told.policy_digest,
        "policy_name": policy_name,
        "seed": told.seed,
        "pacing": config.pacing,
        "reporting": config.reporting,
        "codec": config.codec,
        "num_cells": len(told.cells),
        "payload_bytes": told.payload_bytes,
        "slots": slots,
        "time_s": slots * run.slot_duration_s,
        "mean_capacity_bps": mean_capacity_bps(told.capacity_bits, slots, run.slot_duration_s),
        "delivery_success": success_of(told.rounds_delivered, told.rounds_offered),
        "time_to_deliver_s": mean_time_to_deliver_s(run.history.latest),
        "link_bytes_per_slot": sizes["link_bytes"] / slots if slots else None,
        "payload_bytes_per_slot": sizes["payload_bytes"] / slots if slots else None,
        "is_reproducible": told.is_reproducible,
    }


def _series(kept: KeptRun, slot_duration_s: float) -> dict[str, object]:
    samples = unpack_samples(kept.samples)
    if len(samples) < 2:
        return {name: [] for name in SERIES_FIELDS}
    series = run_series(samples, slot_duration_s)
    return {
        "slots": series.slot.tolist(),
        "time_s": numbers(series.time_s),
        "sum_capacity_bps": numbers(series.capacity_bps),
        "cell_capacity_bps": numbers(series.cell_capacity_bps.T),
        "delivery_success": numbers(series.delivery_success),
        "time_to_deliver_s": numbers(series.time_to_deliver_s),
        "option_share": numbers(series.option_share),
        "signalling_up_bytes_per_slot": numbers(series.bytes_per_slot[:, 0, LINK_LAYER]),
        "signalling_down_bytes_per_slot": numbers(series.bytes_per_slot[:, 1, LINK_LAYER]),
    }


SERIES_FIELDS = (
    "slots",
    "time_s",
    "sum_capacity_bps",
    "cell_capacity_bps",
    "delivery_success",
    "time_to_deliver_s",
    "option_share",
    "signalling_up_bytes_per_slot",
    "signalling_down_bytes_per_slot",
)
