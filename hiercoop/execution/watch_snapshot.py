"""What `Watch` shows of a simulator: cumulative counters, the map, and one whole decision where it is asked for."""

from __future__ import annotations

from hiercoop.execution.emulation import Emulation
from hiercoop.execution.simulator import Simulator
from hiercoop.execution.slot_snapshot import slot_snapshot
from hiercoop.rpc import codec
from hiercoop.rpc.v1.channel_sim_service_pb2 import (
    AgentHealth,
    CellSnapshot,
    DecisionSnapshot,
    VehicleSnapshot,
    WatchResponse,
)


def watch_snapshot(simulator: Simulator, decision_cell: int | None = None, with_slot: bool = False) -> WatchResponse:
    """The state of the run in hand; run id, rates and latencies are the service's to add."""
    emulation = simulator.emulation
    counts = emulation.counts
    mbs_m = emulation.env.world.mbs_site_m
    response = WatchResponse(
        run_epoch=emulation.run_epoch,
        state=simulator.state,
        slot=emulation.slot,
        seed=emulation.run.seed,
        run_config=emulation.run.model_dump_json(),
        policy_digest=emulation.policy_digest,
        is_reproducible=emulation.is_reproducible,
        cells=_cells(emulation),
        signalling=emulation.signalling.counts(),
        vehicles=_vehicles(emulation),
        capacity_bits=counts.capacity_bits,
        delivered_bits=counts.delivered_bits,
        rounds_delivered=counts.rounds_delivered,
        rounds_offered=counts.rounds_offered,
        time_to_deliver_s=counts.time_to_deliver_s,
        late_slots=counts.late_slots,
        mbs_x_m=mbs_m[0],
        mbs_y_m=mbs_m[1],
        payload_bytes=emulation.payload_bytes,
        mbs_csi_bytes=counts.mbs_csi_bytes,
        mbs_allocation_bytes=counts.mbs_allocation_bytes,
        dropped_messages=counts.dropped_messages,
    )
    if decision_cell is not None and decision_cell in emulation.heard and emulation.latest is not None:
        response.decision.CopyFrom(_decision(emulation, decision_cell))
    if with_slot and emulation.latest is not None:
        response.slot_snapshot.CopyFrom(slot_snapshot(emulation, emulation.latest))
    return response


def _cells(emulation: Emulation) -> list[CellSnapshot]:
    world = emulation.env.world.snapshot()
    snapshots = []
    for number, cell in enumerate(emulation.cells):
        counts = cell.counts
        num_options = max(counts.option_slots, default=-1) + 1
        heard = emulation.heard.get(number)
        snapshots.append(
            CellSnapshot(
                cell=number,
                x_m=world.sbs_sites_m[number, 0],
                y_m=world.sbs_sites_m[number, 1],
                is_attached=cell.is_attached,
                in_roster=emulation.latest is not None and number in emulation.latest.roster,
                attach_epoch=cell.attach_epoch,
                option=counts.option,
                option_since_slot=counts.option_since_slot,
                agent=cell.agent,
                missed_slots=counts.missed_slots,
                gaps=counts.gaps,
                reconnects=counts.reconnects,
                health=heard.health if heard is not None else AgentHealth(),
                option_slots=[counts.option_slots[option] for option in range(num_options)],
                option_length_bins=counts.option_length_bins,
                capacity_bits=counts.capacity_bits,
                rounds_delivered=counts.rounds_delivered,
                rounds_offered=counts.rounds_offered,
                vehicles_served=int(world.num_served[number]),
                vehicles_waiting=int(world.num_waiting[number]),
                reports=counts.reports,
                terminations=counts.terminations,
                version=cell.version,
            )
        )
    return snapshots


def _vehicles(emulation: Emulation) -> list[VehicleSnapshot]:
    world = emulation.env.world.snapshot()
    vehicles = []
    for index, vehicle_id in enumerate(world.ids):
        link = int(world.link[index])
        snapshot = VehicleSnapshot(
            id=vehicle_id,
            x_m=world.xy_m[index, 0],
            y_m=world.xy_m[index, 1],
            heading_deg=world.heading_deg[index],
            link=link,
        )
        if link >= 0 and emulation.latest is not None:
            _add_link(snapshot, emulation, link)
        vehicles.append(snapshot)
    return vehicles


def _add_link(snapshot: VehicleSnapshot, emulation: Emulation, link: int) -> None:
    if emulation.latest is None:
        return
    scenario, measured = emulation.run.scenario, emulation.latest.measured
    # After a round's last slot the links are dealt anew: the slot's figures are of those who had them before.
    snapshot.is_measured = not measured.is_round_end and bool(measured.is_present[0, link])
    if not snapshot.is_measured:
        return
    snapshot.is_active = bool(measured.active[0, link])
    station, snapshot.band = divmod(int(measured.choice[0, link]), scenario.radio.num_bands)
    snapshot.station = scenario.num_sbs if station == 1 else link // scenario.num_vehicles_per_sbs
    snapshot.capacity_bps = measured.capacity_bps[0, link]
    snapshot.payload_left_bits = measured.payload_left_bits[0, link]


def _decision(emulation: Emulation, cell: int) -> DecisionSnapshot:
    heard, latest = emulation.heard[cell], emulation.latest
    decision = DecisionSnapshot(cell=cell, slot=heard.slot, state=heard.state, choice=heard.choice)
    decision.local.CopyFrom(codec.encode_array(emulation.observed[cell]))
    if latest is not None:
        vehicles = emulation.run.scenario.num_vehicles_per_sbs
        links = slice(cell * vehicles, (cell + 1) * vehicles)
        decision.sinr.extend(latest.measured.sinr[0, links].tolist())
        decision.capacity_bps.extend(latest.measured.capacity_bps[0, links].tolist())
        decision.payload_left_bits.extend(latest.measured.payload_left_bits[0, links].tolist())
    return decision
