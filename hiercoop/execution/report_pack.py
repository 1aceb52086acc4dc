"""Reports of many cells in one message: its columns checked and put in cell order, and the answer's columns."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from hiercoop.errors import MessageError
from hiercoop.execution.bundle import Dimensions
from hiercoop.execution.cell_history import ReportBatch, check_slots
from hiercoop.rpc import codec
from hiercoop.rpc.v1.upper_edge_service_pb2 import DecisionPack, ReportPack

COLUMNS = ("cell", "attach_epoch", "sequence", "option", "option_since_slot", "terminated")


def read_pack(pack: ReportPack, sizes: Dimensions) -> tuple[ReportBatch, list[int], list[int]]:
    """The reports of a pack in cell order, with each one's attach epoch and sequence.

    Raises MessageError for no report, columns of unequal length, a cell twice, an unknown option or malformed features.
    """
    size = len(pack.cell)
    for name in COLUMNS:
        if len(getattr(pack, name)) != size or size == 0:
            raise MessageError(f"{name} has {len(getattr(pack, name))} entries in a pack of {size} cells; send one a report")
    cell = np.array(pack.cell, np.int64)
    order = np.argsort(cell)
    if (np.diff(cell[order]) == 0).any():
        raise MessageError(f"a pack of {size} reports names a cell twice; send one report a cell")
    if max(pack.option) >= sizes.options:
        raise MessageError(f"report has option={max(pack.option)}, the policy has {sizes.options}")
    check_slots(pack.slot, max(pack.option_since_slot))
    batch = ReportBatch(
        slot=pack.slot,
        cell=cell[order],
        option=np.array(pack.option, np.int64)[order],
        since_slot=np.array(pack.option_since_slot, np.int64)[order],
        terminated=np.array(pack.terminated, np.bool_)[order],
        features=codec.decode_feature_rows(pack.features, size, sizes.features)[order],
    )
    epochs, sequences = (np.array(column, np.uint64)[order].tolist() for column in (pack.attach_epoch, pack.sequence))
    return batch, epochs, sequences


def make_answer(
    answer: DecisionPack,
    reports: ReportBatch,
    option: Int64[np.ndarray, "report"],
    epochs: list[int],
    sequences: list[int],
) -> None:
    """Fills the columns of a pack's answer."""
    answer.cell.extend(reports.cell.tolist())
    answer.attach_epoch.extend(epochs)
    answer.sequence.extend(sequences)
    answer.option.extend(option.tolist())
