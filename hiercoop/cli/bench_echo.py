"""The messages of a slot over bare grpc.aio streams, and nothing else: what the transport alone would cost.

`python -m hiercoop.cli.bench_echo ROLE JSON` is one process of it: `simulator` sends an observation to each client and waits
for all allocations, slot after slot; a `client` answers, after a report to the `edge` and its decision where the first byte of
the observation asks for it. Same channel options, same sizes, uvloop, real processes.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import grpc
import uvloop

from hiercoop.errors import UnreachableError
from hiercoop.rpc.channel_options import client_options, server_options

SERVICE = "hiercoop.bench.Echo"
WARM_UP_SLOTS = 50

Context = grpc.aio.ServicerContext[Any, Any]
Call = grpc.aio.StreamStreamCall[bytes, bytes]


@dataclass(frozen=True)
class EchoPlan:
    """How many clients and slots, and the size of each message [bytes]."""

    num_clients: int
    num_slots: int
    reports_per_slot: float
    observation_bytes: int
    allocation_bytes: int
    report_bytes: int
    decision_bytes: int
    simulator_address: str = ""
    edge_address: str = ""


def bare_echo_slot_s(plan: EchoPlan) -> float:
    """Mean time of one slot of bare echoes [s], measured with a process for each role."""
    edge = _start("edge", plan)
    simulator = _start("simulator", plan)
    processes = [edge, simulator]
    try:
        addressed = asdict(plan) | {
            "edge_address": _first_line(edge)["address"],
            "simulator_address": _first_line(simulator)["address"],
        }
        processes += [_start("client", EchoPlan(**addressed)) for _ in range(plan.num_clients)]
        return float(_first_line(simulator)["slot_s"])
    finally:
        # Clients first, or they would complain about the end of the others.
        for process in reversed(processes):
            process.kill()
            process.communicate()


def _start(role: str, plan: EchoPlan) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hiercoop.cli.bench_echo", role, json.dumps(asdict(plan))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise UnreachableError("a process of the bare echo ended early; its message stands above")
    result: dict[str, Any] = json.loads(line)
    return result


async def _serve(name: str, behaviour: Callable[[Any, Context], Any]) -> grpc.aio.Server:
    """A server of one bidirectional method on raw bytes; its address goes to stdout."""
    server = grpc.aio.server(options=server_options())
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(behaviour)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {name: handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _tell({"address": f"127.0.0.1:{port}"})
    return server


def _tell(result: dict[str, object]) -> None:
    print(json.dumps(result), flush=True)


async def run_edge(plan: EchoPlan) -> None:
    """Answers each report with a decision, until the process is killed."""
    decision = bytes(plan.decision_bytes)

    async def options(requests: object, context: Context) -> None:
        while await context.read() is not grpc.aio.EOF:
            await context.write(decision)

    server = await _serve("Options", options)
    await server.wait_for_termination()


async def run_simulator(plan: EchoPlan) -> None:
    """Times lock-step slots over the clients' streams, and says how long one took."""
    contexts: list[Context] = []
    all_here, never = asyncio.Event(), asyncio.Event()

    async def attach(requests: object, context: Context) -> None:
        contexts.append(context)
        if len(contexts) == plan.num_clients:
            all_here.set()
        await never.wait()

    server = await _serve("Attach", attach)
    await all_here.wait()
    began_s, owed = 0.0, 0.0

    async def exchange(context: Context, observation: bytes) -> None:
        await context.write(observation)
        await context.read()

    for slot in range(-WARM_UP_SLOTS, plan.num_slots):
        if slot == 0:
            began_s = time.perf_counter()
        owed += plan.reports_per_slot
        reporting = int(owed)
        owed -= reporting
        await asyncio.gather(
            *(exchange(context, _observation(plan, index < reporting)) for index, context in enumerate(contexts))
        )
    _tell({"slot_s": (time.perf_counter() - began_s) / plan.num_slots})
    await server.wait_for_termination()


async def run_client(plan: EchoPlan) -> None:
    """Answers observations until the simulator ends."""
    allocation, report = bytes(plan.allocation_bytes), bytes(plan.report_bytes)
    async with (
        grpc.aio.insecure_channel(plan.simulator_address, options=client_options()) as slots,
        grpc.aio.insecure_channel(plan.edge_address, options=client_options()) as edge,
    ):
        attach: Call = slots.stream_stream(f"/{SERVICE}/Attach")(wait_for_ready=True)
        options: Call = edge.stream_stream(f"/{SERVICE}/Options")(wait_for_ready=True)
        # The stream is opened by its first message, and the simulator has to see who is there.
        await attach.wait_for_connection()
        while isinstance(observation := await attach.read(), bytes):
            if observation[0]:
                await options.write(report)
                await options.read()
            await attach.write(allocation)


def _observation(plan: EchoPlan, is_reporting: bool) -> bytes:
    return bytes([is_reporting]) + bytes(plan.observation_bytes - 1)


ROLES = {"edge": run_edge, "simulator": run_simulator, "client": run_client}

if __name__ == "__main__":
    uvloop.run(ROLES[sys.argv[1]](EchoPlan(**json.loads(sys.argv[2]))))
