"""Runs in an SQLite file: at most so many, at most so large, the oldest go first. Blocks; for a thread of its own."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hiercoop.errors import InputFileError

FORMAT_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, begun_unix_s REAL NOT NULL, updated_unix_s REAL NOT NULL,
  summary TEXT NOT NULL, config TEXT NOT NULL, command TEXT NOT NULL, samples BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_age ON runs (begun_unix_s);
"""
UPSERT = """
INSERT INTO runs VALUES (:id, :state, :begun_unix_s, :updated_unix_s, :summary, :config, :command, :samples)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated_unix_s = excluded.updated_unix_s,
  summary = excluded.summary, config = excluded.config, command = excluded.command, samples = excluded.samples
"""


@dataclass(frozen=True)
class KeptRun:
    """One row."""

    id: str
    state: str
    begun_unix_s: float
    updated_unix_s: float
    summary: str
    """JSON."""
    config: str
    """JSON."""
    command: str
    samples: bytes = b""


class RunDatabase:
    """One open file. Errors are sqlite3.Error, or InputFileError where the file is no database of this version."""

    def __init__(self, path: Path, max_runs: int, max_bytes: int) -> None:
        self._max_runs = max_runs
        self._max_bytes = max_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, path: Path) -> None:
        run = self._connection.execute
        # Looked at before anything is set: a file that cannot be used is left as it is.
        found = self._number("PRAGMA user_version")
        if found not in (0, FORMAT_VERSION):
            raise InputFileError(f"{path} has format {found}, this version reads {FORMAT_VERSION}; name another RUNS_DB")
        (verdict,) = run("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise InputFileError(f"{path} is damaged ({' '.join(verdict.split())}); move it away, and runs are kept again")
        # Before the first table: afterwards it would take a VACUUM.
        run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA journal_size_limit = {4 * 2**20}")
        self._connection.executescript(SCHEMA)
        run(f"PRAGMA user_version = {FORMAT_VERSION}")

    def write(self, kept: KeptRun) -> None:
        """Adds the run or replaces what was known of it, and lets the oldest others go where there are too many."""
        with self._transaction():
            self._connection.execute(UPSERT, vars(kept))
            self._connection.execute(
                "DELETE FROM runs WHERE id != ? AND id NOT IN "
                "(SELECT id FROM runs WHERE id != ? ORDER BY begun_unix_s DESC LIMIT ?)",
                (kept.id, kept.id, self._max_runs - 1),
            )
        while self.used_bytes() > self._max_bytes and self._drop_oldest(kept.id):
            pass
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def interrupt(self, current: str | None, heard_before_unix_s: float) -> None:
        """Marks as interrupted every other run that is written as running but that nobody has written to since then."""
        self._connection.execute(
            "UPDATE runs SET state = 'interrupted' WHERE state = 'running' AND id IS NOT ? AND updated_unix_s < ?",
            (current, heard_before_unix_s),
        )

    def all(self) -> list[KeptRun]:
        """All runs without their samples, the newest first."""
        rows = self._connection.execute(
            "SELECT id, state, begun_unix_s, updated_unix_s, summary, config, command FROM runs ORDER BY begun_unix_s DESC, id"
        )
        return [KeptRun(*row) for row in rows]

    def find(self, id: str) -> KeptRun | None:
        """One run with its samples."""
        rows = self._connection.execute(
            "SELECT id, state, begun_unix_s, updated_unix_s, summary, config, command, samples FROM runs WHERE id = ?", (id,)
        )
        row = rows.fetchone()
        return None if row is None else KeptRun(*row)

    def count(self) -> int:
        """Number of runs."""
        return self._number("SELECT count(*) FROM runs")

    def used_bytes(self) -> int:
        """Bytes in use, free pages not counted."""
        pages = self._number("PRAGMA page_count") - self._number("PRAGMA freelist_count")
        return pages * self._number("PRAGMA page_size")

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _drop_oldest(self, current: str) -> bool:
        oldest = "SELECT id FROM runs WHERE id != ? ORDER BY begun_unix_s LIMIT 1"
        return self._connection.execute(f"DELETE FROM runs WHERE id = ({oldest})", (current,)).rowcount > 0

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk has rolled back already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
