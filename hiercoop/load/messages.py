"""The messages of an emulated SBS: of a real bundle's shape, with features drawn at random."""

from __future__ import annotations

import numpy as np

from hiercoop.config.radio import RadioConfig
from hiercoop.execution.protocol import PROTOCOL_VERSION
from hiercoop.load.plan import ClientPlan, LoadShape
from hiercoop.rpc import codec
from hiercoop.rpc.v1.tensor_pb2 import Tensor
from hiercoop.rpc.v1.upper_edge_service_pb2 import (
    DecisionPack,
    Dimensions,
    FeatureReport,
    OptionDecision,
    RegisterRequest,
    ReportPack,
    RunProfile,
)
from hiercoop.seeding import keyed_generator

ATTACH_EPOCH = 1
SITE_SPACING_M = 300.0
NUM_VECTORS = 16
"""Different feature vectors that a sender repeats; made beforehand, so that drawing them costs nothing in the run."""
SLOT_S = RadioConfig().slot_duration_s


def registration(plan: ClientPlan, cell: int) -> RegisterRequest:
    """The handshake of one cell; every cell reports by itself, as on termination."""
    run = RunProfile(
        run_epoch=plan.run_epoch,
        seed=plan.shape.seed,
        num_cells=plan.shape.num_sbs,
        reporting="on-termination",
        codec=plan.shape.codec,
        sites_m=[value for index in range(plan.shape.num_sbs) for value in (SITE_SPACING_M * index, 0.0)],
        period_slots=1,
        policy_digest=plan.policy_digest,
    )
    return RegisterRequest(
        protocol_version=PROTOCOL_VERSION,
        cell=cell,
        attach_epoch=ATTACH_EPOCH,
        policy_digest=plan.policy_digest,
        dimensions=Dimensions(**plan.dimensions),
        run=run,
    )


class Sender:
    """What one stream carries: the reports of one cell, or of several in one message."""

    def __init__(self, plan: ClientPlan, index: int) -> None:
        shape = plan.shape
        self.cells = cells_of_sender(shape, index)
        self.edge_epoch = 0
        """Set from the edge's answer to the registration."""
        self._plan = plan
        self._roster = codec.roster_bits(range(shape.num_sbs))
        self._features = [self._draw(index, number) for number in range(NUM_VECTORS)]
        self._slot = 0

    def message(self, slot: int, sequence: int) -> bytes:
        """The report of a slot, or all of a pack."""
        since_slot, self._slot = self._slot, slot
        features = self._features[sequence % NUM_VECTORS]
        option = sequence % self._plan.dimensions["options"]
        budget_us = round(self._plan.shape.deadline_s * 1e6)
        if not self._plan.shape.packed:
            return FeatureReport(
                cell=self.cells[0],
                slot=slot,
                sequence=sequence,
                option=option,
                option_since_slot=since_slot,
                terminated=True,
                features=features,
                roster=self._roster,
                run_epoch=self._plan.run_epoch,
                attach_epoch=ATTACH_EPOCH,
                edge_epoch=self.edge_epoch,
                budget_us=budget_us,
            ).SerializeToString()
        size = len(self.cells)
        return ReportPack(
            slot=slot,
            run_epoch=self._plan.run_epoch,
            edge_epoch=self.edge_epoch,
            roster=self._roster,
            budget_us=budget_us,
            cell=self.cells,
            attach_epoch=[ATTACH_EPOCH] * size,
            sequence=[sequence] * size,
            option=[option] * size,
            option_since_slot=[since_slot] * size,
            terminated=[True] * size,
            features=features,
        ).SerializeToString()

    def answer_bytes(self) -> int:
        """Size of an answer, for an echo that answers as much."""
        epoch, size = self._plan.run_epoch, len(self.cells)
        if not self._plan.shape.packed:
            return OptionDecision(
                cell=1, slot=1000, sequence=200, option=1, run_epoch=epoch, attach_epoch=ATTACH_EPOCH, edge_epoch=epoch
            ).ByteSize()
        return DecisionPack(
            slot=1000,
            run_epoch=epoch,
            edge_epoch=epoch,
            cell=self.cells,
            attach_epoch=[ATTACH_EPOCH] * size,
            sequence=[200] * size,
            option=[1] * size,
        ).ByteSize()

    def _draw(self, index: int, number: int) -> Tensor:
        vectors = keyed_generator(self._plan.shape.seed, "load", index, number).standard_normal(
            (len(self.cells), self._plan.dimensions["features"]), np.float32
        )
        return codec.encode_features(vectors if self._plan.shape.packed else vectors[0], self._plan.shape.codec)


def cells_of_sender(shape: LoadShape, index: int) -> list[int]:
    """The cells whose reports this stream carries."""
    size = max(shape.packed, 1)
    return list(range(index * size, min((index + 1) * size, shape.num_sbs)))


def answered(data: bytes, is_packed: bool) -> tuple[int, int]:
    """Sequence that an answer is for, and how many reports it decides."""
    if is_packed:
        pack = DecisionPack.FromString(data)
        return (pack.sequence[0] if pack.sequence else 0), len(pack.option)
    return OptionDecision.FromString(data).sequence, 1
