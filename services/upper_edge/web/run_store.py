"""Keeps the runs that are watched, in SQLite and on a thread of its own; what goes wrong there is told and stops nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hiercoop.errors import HierCoopError, InputFileError, UnreachableError
from hiercoop.logs import get_logger
from services.upper_edge.web.board import Board, Run, Storage
from services.upper_edge.web.kept_samples import unpack_samples
from services.upper_edge.web.run_database import KeptRun, RunDatabase
from services.upper_edge.web.run_record import detail_of, has_identity, record_of, summary_of

TICK_S = 0.5
WRITE_PERIOD_S = 3.0
"""A run that goes on is written this often; what ends is written at once."""
LOST_AFTER_S = 5.0
"""A run is interrupted once its simulator has been gone for so long."""
FORGOTTEN_AFTER_S = 15.0
"""So is a run that is written as running when nobody has written to it for so long: whoever watched it was killed."""
RETRY_S = 5.0
SAME_SIMULATOR = 16
"""Hex digits of a run's id that all runs of one simulator process share."""

log = get_logger(__name__)
Result = TypeVar("Result")


class RunStore:
    """The run in hand and those that were kept."""

    def __init__(self, board: Board, path: Path | None, max_runs: int, max_bytes: int) -> None:
        self._board = board
        self._path = path
        self._thread = ThreadPoolExecutor(1, "runs")
        self._database: RunDatabase | None = None
        self._adopted = ""
        """Id of the run in hand, once what an earlier process kept of it is known."""
        self._written_state = ""
        self._written_at_s = -WRITE_PERIOD_S
        self._failed_at_s = -RETRY_S
        board.storage = Storage("off" if path is None else "opening", str(path or ""), "", 0, 0, max_runs, max_bytes)

    @property
    def storage(self) -> Storage:
        """Where runs are kept, and whether that works."""
        return self._board.storage

    @property
    def current(self) -> str | None:
        """Id of the run that is being watched."""
        run = self._board.run
        return run.response.run_uid if run is not None and has_identity(run) else None

    async def summaries(self) -> list[dict[str, object]]:
        """All runs, the newest first; of the run in hand as it is now."""
        kept = await self._try(lambda database: [summary_of(row) for row in database.all()]) or []
        current = self._current_row()
        if current is None:
            return kept
        now = summary_of(current)
        return sorted([now, *(row for row in kept if row["id"] != now["id"])], key=_age)

    async def detail(self, id: str) -> dict[str, object] | None:
        """One run, whole; None where it is not kept; UnreachableError while the database cannot be read."""
        current = self._current_row()
        if current is not None and current.id == id:
            return detail_of(current)
        if self._path is None:
            return None
        found = await self._try(lambda database: (database.find(id),))
        if found is None:
            raise UnreachableError(f"runs cannot be read now: {self._board.storage.detail}")
        (kept,) = found
        return None if kept is None else await self._in_thread(lambda: detail_of(kept))

    async def keep(self) -> None:
        """Writes the run in hand now and then, for ever."""
        while True:
            await self._tick()
            await asyncio.sleep(TICK_S)

    async def close(self) -> None:
        """Writes once more, and closes the file."""
        if self._database is not None:
            self._written_at_s = -WRITE_PERIOD_S
            await self._tick()
            await self._try(lambda database: database.close())
            self._database = None
        self._thread.shutdown(wait=False)

    async def _tick(self) -> None:
        if self._path is None or not await self._open():
            return
        while self._board.ended:
            before = self._board.ended.popleft()
            after = self._board.ended[0] if self._board.ended else self._board.run
            if after is not None and has_identity(before):
                await self._write(before, self._state_after(before, after))
        run = self._board.run
        if run is None or not has_identity(run):
            return
        if run.response.run_uid != self._adopted:
            await self._adopt(run)
            self._adopted, self._written_state = run.response.run_uid, ""
        state = self._state_of(run)
        is_due = time.monotonic() - self._written_at_s >= WRITE_PERIOD_S and state == "running"
        if is_due or state != self._written_state:
            await self._write(run, state)

    async def _write(self, run: Run, state: str) -> None:
        self._written_state, self._written_at_s = state, time.monotonic()
        row, now_unix_s = self._row(run, state), time.time()

        def write(database: RunDatabase) -> tuple[int, int]:
            database.write(row)
            database.interrupt(row.id, now_unix_s - FORGOTTEN_AFTER_S)
            return database.count(), database.used_bytes()

        sizes = await self._try(write)
        if sizes is not None:
            storage = self._board.storage
            storage.state, storage.detail, (storage.num_runs, storage.used_bytes) = "kept", "", sizes

    async def _adopt(self, run: Run) -> None:
        """Goes on with a run that was watched before this process began."""
        found = await self._try(lambda database: (database.find(run.response.run_uid),))
        if found is None or found[0] is None:
            return
        try:
            run.history.prepend(unpack_samples(found[0].samples))
        except InputFileError as error:
            self._board.log.add("error", "runs", str(error))

    async def _open(self) -> bool:
        if self._database is not None:
            return True
        path, storage = self._path, self._board.storage
        if path is None or time.monotonic() - self._failed_at_s < RETRY_S:
            return False

        def open_database() -> RunDatabase:
            database = RunDatabase(path, storage.max_runs, storage.max_bytes)
            database.interrupt(self.current, time.time() - FORGOTTEN_AFTER_S)
            return database

        try:
            self._database = await self._in_thread(open_database)
        except (sqlite3.Error, OSError, HierCoopError) as error:
            self._note_failure(error)
            return False
        storage.state, storage.detail = "kept", ""
        return True

    async def _try(self, work: Callable[[RunDatabase], Result]) -> Result | None:
        """What the work gives; None where there is no database, or it fails, which is told."""
        database = self._database
        if database is None:
            return None
        try:
            return await self._in_thread(lambda: work(database))
        except (sqlite3.Error, OSError) as error:
            self._note_failure(error)
        return None

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _note_failure(self, error: Exception) -> None:
        self._failed_at_s = time.monotonic()
        told = str(error)
        if isinstance(error, sqlite3.Error | OSError):
            told = f"{self._path} cannot be used ({error}); free its disk, or move the file away, and runs are kept again"
        if told != self._board.storage.detail:
            log.error("runs are not kept", reason=told)
            self._board.log.add("error", "runs", told)
        self._board.storage.state, self._board.storage.detail = "failed", told
        # Damage does not heal in an open file; a new one may have taken its place.
        database, self._database = self._database, None
        if database is not None:
            self._thread.submit(database.close)

    def _current_row(self) -> KeptRun | None:
        run = self._board.run
        return None if run is None or not has_identity(run) else self._row(run, self._state_of(run))

    def _row(self, run: Run, state: str) -> KeptRun:
        heard_ago_s = self._board.clock() - run.received_at_s
        return record_of(run, state, self._board.policies.name_of(run.response.policy_digest), time.time() - heard_ago_s)

    def _state_of(self, run: Run) -> str:
        if run.response.state == "finished":
            return "finished"
        is_lost = not self._board.simulator.is_connected and (self._board.age_s or 0.0) > LOST_AFTER_S
        return "interrupted" if is_lost else "running"

    def _state_after(self, before: Run, run: Run) -> str:
        if before.response.state == "finished":
            return "finished"
        ids = (before.response.run_uid, run.response.run_uid)
        return "ended" if ids[0][:SAME_SIMULATOR] == ids[1][:SAME_SIMULATOR] else "interrupted"


def _age(row: dict[str, object]) -> float:
    return -float(str(row["begun_unix_s"]))
