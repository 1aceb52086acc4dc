"""`python -m services.channel_sim`: simulates until it is told to stop, or until its run is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

from hiercoop.errors import ConfigError, outcome_of
from hiercoop.execution.policy_path import policy_path
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.run_summary import run_summary
from hiercoop.execution.simulator import Simulator
from hiercoop.execution.trace import TraceWriter
from hiercoop.logs import get_logger
from hiercoop.rpc.epochs import next_epoch
from hiercoop.rpc.metrics import serve_metrics
from hiercoop.rpc.process import read_settings, run_service
from hiercoop.rpc.server import RpcServer
from hiercoop.rpc.slot_stream import SlotListener
from hiercoop.rpc.v1.channel_sim_service_pb2 import DESCRIPTOR
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import add_ChannelSimServiceServicer_to_server
from services.channel_sim.cell_desk import CellDesk
from services.channel_sim.metrics import families
from services.channel_sim.pacer import Pacer
from services.channel_sim.servicer import ChannelSimServicer
from services.channel_sim.settings import SimSettings
from services.channel_sim.slot_loop import SlotLoop
from services.channel_sim.watch import WatchDesk

log = get_logger(__name__)

DRAIN_S = 1.0
"""How long the slot in hand may take to end when the process is told to stop."""


async def serve(settings: SimSettings, stop: asyncio.Event) -> None:
    """Simulates until `stop` is set, or the run is over and that is the end; the trace is sealed then."""
    digest = settings.bundle().digest
    run = settings.run_config()
    with contextlib.ExitStack() as stack:
        trace = None if settings.trace is None else stack.enter_context(TraceWriter(settings.trace))
        simulator = Simulator(run, digest, next_epoch(settings.state_dir, "run"), trace)
        simulator.policies = PolicyShelf(policy_path(settings.policy))
        slots = await _serve(settings, simulator, stop)
    if settings.ends_by_itself:
        sys.stdout.write(json.dumps(run_summary(slots.emulation, slots.wall_s), allow_nan=False) + "\n")


async def _serve(settings: SimSettings, simulator: Simulator, stop: asyncio.Event) -> SlotLoop:
    slots = SlotLoop(simulator)
    desk = CellDesk(slots)
    watch = WatchDesk(slots, desk, stop)
    listener = SlotListener()
    servicer = ChannelSimServicer(slots, desk, listener, watch)
    service = DESCRIPTOR.services_by_name["ChannelSimService"].full_name
    server = RpcServer(service)
    add_ChannelSimServiceServicer_to_server(servicer, server.grpc)

    def on_boundary() -> None:
        desk.offer()
        if settings.ends_by_itself and simulator.state == "finished":
            stop.set()

    slots.on_boundary = on_boundary
    servicer.slot_port = await listener.start(settings.sim_addr.rpartition(":")[0].strip("[]"), settings.slot_port)
    port = await server.start(settings.sim_addr)
    serve_metrics(settings.metrics_port, lambda: families(slots))
    await server.set_serving(True)
    log.info("serving", port=port, slot_port=servicer.slot_port, run=simulator.emulation.run_epoch)
    sampling = asyncio.create_task(watch.sample_rate())
    pacer = Pacer(simulator, slots.tick) if slots.is_realtime else None
    await stop.wait()
    if pacer is not None:
        pacer.stop()
    await slots.drain(DRAIN_S)
    listener.stop()
    await server.stop()
    await sampling
    log.info("stopped", slot=simulator.emulation.slot)
    return slots


def main() -> int:
    """The exit code of the process: 0 done, 3 a setting out of bounds, 4 a port taken."""
    try:
        settings = read_settings(SimSettings)
    except ConfigError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return run_service(lambda stop: serve(settings, stop), settings.log_level, settings.log_json)


if __name__ == "__main__":
    sys.exit(main())
