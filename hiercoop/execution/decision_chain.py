"""What a policy must have inferred in a slot, worked out again from what was told of it.

Agents and edge say what they decided, not what their networks gave; saying it would cost them time in every slot. The same
bundle on the same input gives the same output, so whoever watches can infer it again. What then disagrees with anything that
was told is not shown: the agent or the edge knew something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from hiercoop.config.run import RunConfig
from hiercoop.env.types import ObservationLayout
from hiercoop.execution.bundle import PolicyBundle
from hiercoop.execution.edge_policy import EdgePolicy, cell_codes, hold_of
from hiercoop.execution.option_choice import KnownCells, OptionChoice
from hiercoop.execution.sbs_memory import settled_memory
from hiercoop.execution.sbs_policy import SbsInference, SbsPolicy
from hiercoop.execution.slot_snapshot import SlotDetail
from hiercoop.radio.geometry import site_distances_m
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import CellDecision, PastReport
from hiercoop.seeding import keyed_generator


@dataclass(frozen=True)
class LowerLayer:
    """What the SBS's network gave; None where `why` says so."""

    features: Float32[np.ndarray, "feature"] | None
    termination_prob: float | None
    choice_prob: Float32[np.ndarray, "vehicle choice"] | None
    why: str


@dataclass(frozen=True)
class UpperLayer:
    """The edge's values of each option when the one in force was chosen; None where `why` says so."""

    values: Float32[np.ndarray, "option"] | None
    decided_at_slot: int | None
    why: str


class Retrace:
    """Infers again with one bundle, for one run."""

    def __init__(self, run: RunConfig, bundle: PolicyBundle, sites_m: Float32[np.ndarray, "cell 2"]) -> None:
        bundle.check_scenario(run.scenario)
        self._run = run
        self._manifest = bundle.manifest
        hold = hold_of(run.reporting, run.period_slots)
        self._lower = SbsPolicy(bundle, hold)
        codes = cell_codes(run.seed, len(sites_m), bundle.manifest.dimensions.code)
        self._choice = OptionChoice(EdgePolicy(bundle), codes[None], site_distances_m(sites_m), hold)

    def lower_layer(self, slot: SlotDetail, cell: int) -> LowerLayer:
        """The SBS's features, termination and choice probabilities, if they lead to what it did."""
        told = slot.cells[cell]
        if not told.is_heard:
            return _unknown_lower("the cell did not answer in this slot")
        if told.state.option >= self._manifest.dimensions.options:
            return _unknown_lower("the cell follows an option that this policy does not have")
        if not told.state.HasField("averages"):
            return _unknown_lower("the cell decided without a policy bundle")
        chosen = self._infer(slot, cell, told.state.option)
        vehicles = self._run.scenario.num_vehicles_per_sbs
        links = slice(cell * vehicles, (cell + 1) * vehicles)
        active = slot.active[links]
        if not np.array_equal(chosen.choice[0][active], slot.choice[links][active]):
            return _unknown_lower("this policy would have chosen otherwise: the cell decided by other means")
        begun = self._infer(slot, cell, self._option_at_start(told))
        termination_prob = float(begun.termination[0]) if told.HasField("previous_option") else None
        return LowerLayer(begun.features[0], termination_prob, chosen.choice_prob[0], "")

    def upper_layer(self, slot: SlotDetail, cell: int) -> UpperLayer:
        """The edge's values of this cell's options, if the one in force is the greatest of them."""
        told = slot.cells[cell]
        why = self._why_no_values(told)
        report = next((one for one in told.reports if one.slot == told.state.option_since_slot), None)
        if not why and report is None:
            why = "the report that the option in force was chosen from is not kept any more"
        if why or report is None:
            return UpperLayer(None, None, why)
        known = self._known_cells(slot, cell, report)
        values: np.ndarray = self._choice.values(known, cell)[0]
        if int(values.argmax()) != told.state.option:
            return UpperLayer(None, None, "another cell changed after this one's turn, or the edge knew something else of it")
        return UpperLayer(values, report.slot, "")

    def _why_no_values(self, told: CellDecision) -> str:
        if not told.is_heard:
            return "the cell did not answer in this slot"
        if self._manifest.dimensions.options == 1:
            return "the policy has a single option, which nobody chooses"
        if self._run.options != "synchronous":
            return "asynchronous options take effect later than the slot that they were chosen in"
        if told.state.is_local:
            return "the cell took its default option without the edge"
        if told.state.is_partial:
            return "the edge decided without all of the roster"
        return ""

    def _option_at_start(self, told: CellDecision) -> int:
        """Under which termination was asked for: an asynchronous option takes effect before that."""
        has_previous = told.HasField("previous_option") and self._run.options == "synchronous"
        return told.previous_option if has_previous else told.state.option

    def _infer(self, slot: SlotDetail, cell: int, option: int) -> SbsInference:
        scenario = self._run.scenario
        layout = ObservationLayout.of(scenario)
        local = slot.local[cell]
        active = layout.view(local, "is_active") > 0.5
        mask = np.repeat(active[:, None], scenario.num_choices, axis=1)
        noise = None
        if self._manifest.actions == "sampled":
            generator = keyed_generator(self._run.seed, "action", cell, slot.slot)
            noise = generator.gumbel(size=(1, *mask.shape)).astype(np.float32)
        told = codec.decode_array(slot.cells[cell].state.averages, (self._manifest.dimensions.memory,), np.float32)
        return self._lower.infer(local[None], mask[None], np.array([option], np.int64), settled_memory(told[None]), noise)

    def _known_cells(self, slot: SlotDetail, cell: int, report: PastReport) -> KnownCells:
        """What the edge held of every cell when it answered this report: of those that reported with it, this very slot's."""
        is_joint = self._run.reporting != "on-termination" and report.slot % self._run.period_slots == 0
        sizes = self._manifest.dimensions
        shape = (1, len(slot.cells))
        features = np.zeros((*shape, sizes.features), np.float32)
        option: Int64[np.ndarray, "env cell"] = np.zeros(shape, np.int64)
        age_slots, is_known = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        for other in slot.cells:
            end = report.slot + (is_joint or other.cell == cell)
            found = max((one for one in other.reports if one.slot < end), key=lambda one: one.slot, default=None)
            if found is None:
                continue
            features[0, other.cell] = codec.decode_features(found.features, sizes.features)
            option[0, other.cell] = found.option
            is_fresh = found.slot == report.slot
            age_slots[0, other.cell] = 0.0 if is_fresh else report.slot - found.option_since_slot
            is_known[0, other.cell] = True
        return KnownCells(features, option, age_slots, is_known)


def _unknown_lower(why: str) -> LowerLayer:
    return LowerLayer(None, None, None, why)
