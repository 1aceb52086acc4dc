"""What the sum capacity is worth without the edge, slot by slot the same channels as with it."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

from hiercoop.rpc.channel_options import EDGE_PING_TIMEOUT_S
from hiercoop.rpc.v1.channel_sim_service_pb2 import WatchResponse
from tests.faults.proxied_stack import missed_slots, none_connected
from tests.services.stack import Stack, running_stack

POLICY = "default"
FIRST_SLOT = 400
"""The outage begins here, far from the first options."""


def capacity_without_edge(seed: int, num_slots: int) -> dict[str, object]:
    """Capacity of the same slots of one seed in two stacks, the edge of one of them killed, and slots without allocation."""
    whole_bits, whole = _capacity_bits(seed, num_slots, is_edge_killed=False)
    alone_bits, alone = _capacity_bits(seed, num_slots, is_edge_killed=True)
    return {
        "seed": seed,
        "slots": num_slots,
        "with_edge_bps": whole_bits / num_slots / 1e-3,
        "without_edge_bps": alone_bits / num_slots / 1e-3,
        "ratio": alone_bits / whole_bits,
        "slots_without_allocation": sum(missed_slots(alone)),
        "edge_lost_though_it_was_there": sum(cell.health.edge_reconnects for cell in whole.cells),
    }


def _capacity_bits(seed: int, num_slots: int, is_edge_killed: bool) -> tuple[float, WatchResponse]:
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(
            Path(directory),
            policy=POLICY,
            seed=seed,
            settings='["traffic.full_buffer=true"]',
            edge_ping_timeout_s=EDGE_PING_TIMEOUT_S,
        ) as stack,
    ):
        stack.until_slot(20)
        reached = stack.control(pause=True).slot
        before = _step_to(stack, reached, FIRST_SLOT)
        if is_edge_killed:
            stack.signal("edge", signal.SIGKILL)
        after = _step_to(stack, FIRST_SLOT, FIRST_SLOT + num_slots)
        if is_edge_killed and not none_connected(after):
            raise RuntimeError("an agent still heard an edge that was killed")
        return after.capacity_bits - before.capacity_bits, after


def _step_to(stack: Stack, slot: int, wanted: int) -> WatchResponse:
    stack.control(step=wanted - slot)
    return stack.until(lambda seen: seen.slot == wanted and seen.state == "paused")
