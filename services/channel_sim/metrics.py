"""What Prometheus reads of the simulator."""

from __future__ import annotations

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from hiercoop.rpc.metrics import Family, counter, gauge, signalling_families
from services.channel_sim.slot_loop import SlotLoop


def families(slots: SlotLoop) -> list[Family]:
    """Slots, capacity, delivery and gaps of the run in hand, and its signalling."""
    emulation = slots.emulation
    counts = emulation.counts
    missed = CounterMetricFamily("hiercoop_missed_slots", "Slots in which a cell held its allocation.", labels=("cell",))
    gaps = CounterMetricFamily("hiercoop_gaps", "Times that an agent left without saying so.", labels=("cell",))
    attached = GaugeMetricFamily("hiercoop_cell_attached", "Whether a cell has an agent.", labels=("cell",))
    for number, cell in enumerate(list(emulation.cells)):
        missed.add_metric((str(number),), cell.counts.missed_slots)
        gaps.add_metric((str(number),), cell.counts.gaps)
        attached.add_metric((str(number),), cell.is_attached)
    return [
        counter("slots", "Slots since the run began.", emulation.slot),
        counter("late_slots", "Slots that ran late.", counts.late_slots),
        counter("capacity_bits", "Sum over slots of the sum capacity [bit].", counts.capacity_bits),
        counter("delivered_bits", "Payload delivered [bit].", counts.delivered_bits),
        counter("dropped_messages", "Stale, repeated or misdirected messages.", counts.dropped_messages),
        gauge("reproducible", "Whether the run can be repeated bit for bit.", emulation.is_reproducible),
        missed,
        gaps,
        attached,
        *signalling_families(emulation.signalling.counts()),
    ]
