"""Slots missed in real time at 1 ms a slot, beside those of a bare pacer that exchanges the same bytes and does nothing else.

`python -m hiercoop.cli.bench_realtime JSON` is one client of the bare pacer: it answers each frame with as many bytes as it is
told. Both run in turns within the same minutes: the machine's own pauses hit both.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from statistics import median

import uvloop

from hiercoop.errors import CheckError, UnreachableError
from hiercoop.rpc.slot_stream import SlotConnection, SlotListener, connect_slot_stream
from hiercoop.rpc.wall_timer import WallTimer

NUM_SBS = 3
SLOT_S = 0.001
SEGMENT_SLOTS = 12_000
"""Of each turn; five turns are a minute."""
OBSERVATION_BYTES, ALLOCATION_BYTES = 460, 60
TARGET_POINTS = 1.0
STACK_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 20.0
START_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class BareClient:
    """Where to connect, what to show, and how much to answer."""

    port: int
    token: str
    answer_bytes: int


def bench_realtime(repeats: int, policy: str) -> dict[str, object]:
    """Shares of slots missed, in turns, and how many points the stack loses more than the bare pacer."""
    stack, bare = [], []
    for _ in range(repeats):
        stack.append(_stack_missed_share(policy))
        bare.append(uvloop.run(_bare_missed_share()))
    return {
        "slot_s": SLOT_S,
        "slots_a_turn": SEGMENT_SLOTS,
        "targets": {"points_above_bare": TARGET_POINTS},
        "missed_share": sum(stack) / repeats,
        "bare_missed_share": sum(bare) / repeats,
        "points_above_bare": 100.0 * median(ours - theirs for ours, theirs in zip(stack, bare, strict=True)),
        "turns": {"stack": stack, "bare": bare},
    }


def _stack_missed_share(policy: str) -> float:
    """Share of the wall clock's slots that nothing was simulated in, or not all cells answered in time."""
    command = [sys.executable, "-m", "services", "--json", "--no-http", "--sim-port", "0", "--edge-port", "0"]
    command += ["--pacing", "realtime", "--options", "asynchronous", "--sbs", str(NUM_SBS), "--policy", policy]
    command += ["--slots", str(SEGMENT_SLOTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            answer, complaint = process.communicate(timeout=STACK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # Where most slots are skipped the rest would take for ever; what was missed so far says enough.
            process.send_signal(signal.SIGINT)
            answer, complaint = process.communicate(timeout=STOP_TIMEOUT_S)
    if process.returncode != 0 or not answer:
        raise CheckError(f"the stack ended with exit code {process.returncode}: {complaint.strip()[-300:]}")
    summary = json.loads(answer)
    return float(summary["late_slots"] / (summary["slots"] + summary["skipped_ticks"]))


async def _bare_missed_share() -> float:
    """Share of slots that passed without a tick, or without an answer of every client."""
    listener = SlotListener()
    port = await listener.start("127.0.0.1")
    connections: list[SlotConnection] = []
    all_here = asyncio.Event()

    def welcome(connection: SlotConnection) -> None:
        connections.append(connection)
        connection.on_frame = lambda frame: pacer.answer()
        if len(connections) == NUM_SBS:
            all_here.set()

    processes = []
    try:
        for number in range(NUM_SBS):
            client = BareClient(port, f"client-{number}", ALLOCATION_BYTES)
            listener.expect(client.token.encode(), welcome)
            command = [sys.executable, "-m", "hiercoop.cli.bench_realtime", json.dumps(asdict(client))]
            processes.append(subprocess.Popen(command))
        pacer = _BarePacer(connections)
        try:
            await asyncio.wait_for(all_here.wait(), START_TIMEOUT_S)
        except TimeoutError as error:
            raise UnreachableError(f"clients of the bare pacer did not connect within {START_TIMEOUT_S:g} s") from error
        return await pacer.missed_share()
    finally:
        for process in processes:
            process.kill()
            process.wait()
        listener.stop()


class _BarePacer:
    """Sends every client a frame each slot, and counts slots that not all have answered when the next one is due."""

    def __init__(self, connections: list[SlotConnection]) -> None:
        self._connections = connections
        self._frame = bytes(OBSERVATION_BYTES)
        self._slots = self._missed = self._answers = 0
        self._over = asyncio.Event()

    def answer(self) -> None:
        """One client has answered."""
        self._answers += 1

    async def missed_share(self) -> float:
        """Runs all slots."""
        timer = WallTimer(self._tick)
        timer.every(SLOT_S)
        await self._over.wait()
        timer.stop()
        return self._missed / self._slots

    def _tick(self, count: int) -> None:
        if self._slots and self._answers < len(self._connections):
            self._missed += 1
        self._missed += count - 1
        self._slots += count
        self._answers = 0
        if self._slots >= SEGMENT_SLOTS:
            self._over.set()
            return
        for connection in self._connections:
            connection.send_frame(self._frame)


async def run_client(client: BareClient) -> None:
    """Answers frames until the pacer ends."""
    lost = asyncio.Event()
    answer = bytes(client.answer_bytes)
    connection: SlotConnection | None = None

    def on_frame(frame: bytes) -> None:
        if connection is not None:
            connection.send_frame(answer)

    connection = await connect_slot_stream("127.0.0.1", client.port, client.token.encode(), on_frame, lost.set)
    await lost.wait()


if __name__ == "__main__":
    uvloop.run(run_client(BareClient(**json.loads(sys.argv[1]))))
