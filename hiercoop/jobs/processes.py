"""Jobs in plain processes on this machine: a few workers that are started afresh and take one job after the other."""

from __future__ import annotations

import multiprocessing
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import cast

from hiercoop.jobs.description import Job
from hiercoop.jobs.engine import End
from hiercoop.jobs.store import ResultStore
from hiercoop.jobs.worker import serve

SHUTDOWN_S = 5.0


@dataclass(frozen=True)
class _Worker:
    process: SpawnProcess
    connection: Connection


class ProcessEngine:
    """At most `capacity` worker processes; one that dies is replaced for the next job."""

    def __init__(self, store: ResultStore, capacity: int) -> None:
        self.capacity = capacity
        self._store = store
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, Job]] = {}

    @property
    def worker_pids(self) -> dict[str, int]:
        """Process ids by the name of the job that each works on."""
        return {job.name: worker.process.pid or 0 for worker, job in self._busy.values()}

    def start(self, job: Job) -> None:
        """Hands the job to an idle worker, or to a new one."""
        self._idle = [worker for worker in self._idle if worker.process.is_alive()]
        worker = self._idle.pop() if self._idle else self._new_worker()
        worker.connection.send_bytes(job.model_dump_json().encode())
        self._busy[worker.connection] = (worker, job)

    def next_end(self) -> End:
        """The first job whose worker answers or dies."""
        connection = cast(Connection, wait(list(self._busy))[0])
        worker, job = self._busy.pop(connection)
        try:
            reason = connection.recv_bytes().decode()
        except (EOFError, ConnectionResetError):
            return self._end_of_dead(worker, job)
        self._idle.append(worker)
        return End(job, "failed", reason) if reason else End(job, "done")

    def close(self) -> None:
        """Ends all workers, at work or not."""
        workers = [*self._idle, *(worker for worker, _ in self._busy.values())]
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(SHUTDOWN_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.connection.close()
        self._idle.clear()
        self._busy.clear()

    def _end_of_dead(self, worker: _Worker, job: Job) -> End:
        worker.process.join()
        worker.connection.close()
        code = worker.process.exitcode or 0
        if self._store.has(job):
            return End(job, "done")
        if code < 0:
            return End(job, "killed", signal.Signals(-code).name)
        return End(job, "failed", f"its process ended with exit code {code}")

    def _new_worker(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, str(self._store.root)), daemon=True, name="hiercoop-job")
        process.start()
        # Only the worker holds its end now, so that its death closes the pipe.
        theirs.close()
        return _Worker(process, ours)
