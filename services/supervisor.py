"""Starts processes, starts again what crashes, and ends them all, in order and within three seconds."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STOP_FIRST_S = 1.2
"""How long the first processes of a stop may take; the slot in hand ends in this time."""
STOP_REST_S = 1.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
STEADY_S = 10.0
"""A process that lived this long has not crashed at its start, and the pause before a restart is short again."""
FATAL_EXIT_CODES = (3, 4)
"""A configuration that cannot be used, a port that cannot be had: starting again would not help."""
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    module: str
    environment: dict[str, str]
    is_vital: bool = False
    """Its end, whatever the exit code, is the end of all."""
    niceness: int = 0
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    output: bytes = b""
    """What a vital process wrote on stdout."""


@dataclass
class Outcome:
    """Why all processes were ended."""

    exit_code: int
    reason: str = ""


@dataclass
class Supervisor:
    """Keeps children alive until a vital one ends, one cannot be started, or `stop` is called."""

    children: list[Child]
    say: Callable[[str], None]
    _outcome: asyncio.Future[Outcome] = field(init=False)

    async def run(self) -> Outcome:
        """Starts all children, and returns when all have ended."""
        loop = asyncio.get_running_loop()
        self._outcome = loop.create_future()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end, Outcome(0, "stopped"))
        keepers = [asyncio.create_task(self._keep(child)) for child in self.children]
        try:
            return await self._outcome
        finally:
            await self._stop_all(keepers)

    def _end(self, outcome: Outcome) -> None:
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    async def _keep(self, child: Child) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._outcome.done():
            began_s = time.monotonic()
            code = await self._run_once(child)
            if self._outcome.done():
                return
            if child.is_vital or code in FATAL_EXIT_CODES:
                self._end(Outcome(code if code >= 0 else 1, f"{child.name} ended with exit code {code}"))
                return
            if time.monotonic() - began_s > STEADY_S:
                pause_s = FIRST_PAUSE_S
            child.restarts += 1
            self.say(f"{child.name} ended with exit code {code}; starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _run_once(self, child: Child) -> int:
        supervisor = os.getpid()
        child.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            child.module,
            env=os.environ | child.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if child.is_vital else sys.stderr.fileno(),
            # Ctrl-C is for the supervisor alone, which ends the others in their order.
            start_new_session=True,
            preexec_fn=lambda: _tie_to_parent(child.niceness, supervisor),
        )
        if child.process.stdout is not None:
            child.output = await child.process.stdout.read()
        return await child.process.wait()

    async def _stop_all(self, keepers: list[asyncio.Task[None]]) -> None:
        """Vital processes first, then the rest; what does not end in time is killed."""
        first = [child for child in self.children if child.is_vital]
        rest = [child for child in self.children if not child.is_vital]
        for group, patience_s in ((first, STOP_FIRST_S), (rest, STOP_REST_S)):
            for child in group:
                _signal(child, signal.SIGTERM)
            ends = [asyncio.create_task(child.process.wait()) for child in group if child.process is not None]
            if ends:
                await asyncio.wait(ends, timeout=patience_s)
        for child in self.children:
            _signal(child, signal.SIGKILL)
        await asyncio.wait(keepers, timeout=1.0)
        for keeper in keepers:
            keeper.cancel()


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(number)


def _tie_to_parent(niceness: int, supervisor: int) -> None:
    """In the child before it starts: it ends when the supervisor does, even if that is killed."""
    os.nice(niceness)
    # Linux may weigh sessions against each other before the processes within them, and each child is a session of its own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness), "ascii")
    if niceness > 0:
        # So that it does not interrupt others when it wakes up, which niceness alone does not see to.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    # Until it starts, the child has the supervisor's own handler, which would swallow the signal.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:
        os._exit(1)
