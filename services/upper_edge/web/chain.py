"""One decision, whole, from the slot that the simulator told: every figure is of that slot and follows from the ones before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.execution.decision_chain import LowerLayer, UpperLayer
from hiercoop.execution.slot_snapshot import SlotDetail
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import CellDecision
from services.upper_edge.web.board import Run
from services.upper_edge.web.decision_models import (
    Chain,
    Inferred,
    Interferer,
    LinkOutcome,
    OptionInForce,
    OptionValues,
    RadioOfSlot,
)
from services.upper_edge.web.observation_view import quantities_of
from services.upper_edge.web.retraces import Retraces


def chain_of(run: Run, cell: int, retraces: Retraces) -> Chain | None:
    """The whole decision of one cell in the slot that was told; None where none was."""
    slot, scenario = run.detail, run.config.scenario
    if slot is None or cell >= len(slot.cells):
        return None
    told = slot.cells[cell]
    retrace = retraces.of(run.response, run.config)
    if isinstance(retrace, str):
        lower, upper = LowerLayer(None, None, None, retrace), UpperLayer(None, None, retrace)
    else:
        lower, upper = retrace.lower_layer(slot, cell), retrace.upper_layer(slot, cell)
    vehicles = scenario.num_vehicles_per_sbs
    links = range(cell * vehicles, (cell + 1) * vehicles)
    return Chain(
        slot=slot.slot,
        time_s=slot.slot * run.slot_duration_s,
        radio=_radio(scenario),
        observation=quantities_of(slot.local[cell], scenario),
        features=_features(told, lower),
        termination=_termination(lower),
        option=_option(told, slot.slot),
        option_values=_option_values(told, upper),
        links=[_link(slot, link, scenario, lower) for link in links],
        cell_capacity_bps=float(slot.capacity_bps[links.start : links.stop].sum(dtype=np.float64)),
        sum_capacity_bps=float(slot.capacity_bps.sum(dtype=np.float64)),
    )


def _radio(scenario: ScenarioConfig) -> RadioOfSlot:
    radio = scenario.radio
    return RadioOfSlot(
        tx_power_w=radio.tx_power_w,
        noise_w=radio.noise_w,
        band_bandwidth_hz=radio.band_bandwidth_hz,
        max_spectral_efficiency_bps_hz=radio.max_spectral_efficiency_bps_hz,
        slot_duration_s=radio.slot_duration_s,
        num_bands=radio.num_bands,
    )


def _features(told: CellDecision, lower: LowerLayer) -> Inferred:
    if told.is_heard and told.state.reported:
        return Inferred(basis="told", values=codec.decode_features(told.state.features).tolist(), why="")
    if lower.features is None:
        return Inferred(basis="unknown", values=None, why=lower.why)
    return Inferred(basis="recomputed", values=lower.features.tolist(), why="")


def _termination(lower: LowerLayer) -> Inferred:
    if lower.termination_prob is None:
        why = lower.why or "the option in force at the start of the slot is not known: the cell has just taken part"
        return Inferred(basis="unknown", values=None, why=why)
    return Inferred(basis="recomputed", values=[lower.termination_prob], why="")


def _option(told: CellDecision, slot: int) -> OptionInForce:
    state = told.state
    # A cell with a policy decides alone only in the slot in which its option begins; one without a policy in all.
    has_option = told.is_heard and not (state.is_local and state.option_since_slot != slot)
    return OptionInForce(
        option=state.option if has_option else None,
        since_slot=state.option_since_slot if has_option else None,
        age_slots=slot - state.option_since_slot if has_option else None,
        previous_option=told.previous_option if told.HasField("previous_option") else None,
        terminated=state.terminated,
        reported=state.reported,
        is_local=state.is_local,
        is_partial=state.is_partial,
        is_held=not told.is_heard,
    )


def _option_values(told: CellDecision, upper: UpperLayer) -> OptionValues:
    if upper.values is None:
        return OptionValues(basis="unknown", values=None, why=upper.why, decided_at_slot=None, chosen=None)
    return OptionValues(
        basis="recomputed",
        values=upper.values.tolist(),
        why="",
        decided_at_slot=upper.decided_at_slot,
        chosen=told.state.option,
    )


def _link(slot: SlotDetail, link: int, scenario: ScenarioConfig, lower: LowerLayer) -> LinkOutcome:
    vehicles, radio = scenario.num_vehicles_per_sbs, scenario.radio
    receiver, band = int(slot.receivers(scenario)[link]), int(slot.bands(scenario)[link])
    is_active = bool(slot.active[link])
    gain = None if slot.gain is None else float(slot.gain[link, receiver, band])
    interferers = _interferers(slot, link, scenario) if is_active else []
    left_bits, delivered_bits = float(slot.payload_left_bits[link]), float(slot.delivered_bits[link])
    has_end = not scenario.traffic.full_buffer
    return LinkOutcome(
        vehicle_slot=link % vehicles,
        link=link,
        is_present=bool(slot.present[link]),
        is_active=is_active,
        choice=int(slot.choice[link]),
        station="mbs" if receiver == scenario.num_sbs else "sbs",
        receiver=receiver,
        band=band,
        choice_prob=None if lower.choice_prob is None else _probs(lower.choice_prob[link % vehicles], is_active),
        gain=gain,
        power_w=None if gain is None else gain * radio.tx_power_w,
        interferers=interferers,
        interference_w=None if interferers is None else sum(one.power_w for one in interferers),
        sinr=float(slot.sinr[link]),
        capacity_bps=float(slot.capacity_bps[link]),
        payload_before_bits=left_bits + delivered_bits if has_end else None,
        delivered_bits=delivered_bits,
        payload_left_bits=left_bits if has_end else None,
    )


def _probs(row: np.ndarray, is_active: bool) -> list[float] | None:
    return row.tolist() if is_active else None


def _interferers(slot: SlotDetail, link: int, scenario: ScenarioConfig) -> Sequence[Interferer] | None:
    """All other active links on the sub-band, as the link's receiver hears them; None where gains were not told."""
    if slot.gain is None:
        return None
    bands, receiver = slot.bands(scenario), int(slot.receivers(scenario)[link])
    others = np.flatnonzero(slot.active & (bands == bands[link]))
    gains = {int(other): float(slot.gain[other, receiver, bands[link]]) for other in others if other != link}
    tx_power_w = scenario.radio.tx_power_w
    return [
        Interferer(link=other, cell=other // scenario.num_vehicles_per_sbs, gain=gain, power_w=gain * tx_power_w)
        for other, gain in gains.items()
    ]
