"""A run in one JSON object, for a program that started it."""

from __future__ import annotations

from pydantic import JsonValue

from hiercoop.execution.emulation import Emulation
from hiercoop.execution.signalling import totals, window_update_bytes


def run_summary(emulation: Emulation, wall_s: float) -> dict[str, JsonValue]:
    """What the run was worth so far, what it cost in signalling, and whether all went as it should.

    Ratios are None where there is nothing to divide by. `wall_s` is the time that the slots took.
    """
    counts = emulation.counts
    slots = emulation.slot
    cells = [cell.counts for cell in emulation.cells]
    bytes_by_layer = totals(emulation.signalling.counts())
    per_slot: dict[str, JsonValue] = {
        f"{layer}_per_slot": value / slots if slots else None for layer, value in bytes_by_layer.items()
    }
    return {
        "slots": slots,
        "slots_per_s": slots / wall_s if wall_s > 0 else None,
        "seed": emulation.run.seed,
        "scenario": emulation.run.scenario.name,
        "policy_digest": emulation.policy_digest,
        "sum_capacity_bps": counts.capacity_bits / (slots * emulation.run.scenario.radio.slot_duration_s) if slots else None,
        "delivery_success": counts.rounds_delivered / counts.rounds_offered if counts.rounds_offered else None,
        "signalling": {
            **bytes_by_layer,
            **per_slot,
            "window_update_bytes": sum(window_update_bytes(emulation.signalling.counts()).values()),
            "reports_per_slot": sum(cell.reports for cell in cells) / slots if slots else None,
        },
        "reproducible": emulation.is_reproducible,
        "missed": sum(cell.missed_slots for cell in cells),
        "gaps": sum(cell.gaps for cell in cells),
        "late_slots": counts.late_slots,
        "skipped_ticks": counts.skipped_ticks,
        "dropped_messages": counts.dropped_messages,
    }
