"""A worker process: takes jobs from a connection, one after the other, and puts their results into the store."""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from hiercoop.errors import HierCoopError
from hiercoop.logs import configure_logs

SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Read by numpy and torch when they are first imported: one core a worker."""


def serve(connection: Connection, root: str) -> None:
    """Works until the other end closes: after each job it sends nothing (done) or the sentence why the job failed.

    What is no HierCoopError ends the process, with a traceback in the job's log. Ctrl-C is the parent's to handle.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(SINGLE_THREAD)
    # Not before the threads are set: these import numpy.
    from hiercoop.jobs.description import job_from_json
    from hiercoop.jobs.perform import perform
    from hiercoop.jobs.results import TrainResult
    from hiercoop.jobs.store import ResultStore

    store = ResultStore(Path(root))
    configure_logs()
    while True:
        try:
            job = job_from_json(connection.recv_bytes())
        except EOFError:
            return
        _log_to(store.log_path(job))
        begin_s = time.perf_counter()
        try:
            inputs = {need.name: store.read(need, TrainResult) for need in job.needs}
            store.write(job, perform(job, inputs, store.run_dir(job)), time.perf_counter() - begin_s)
        except HierCoopError as error:
            connection.send_bytes(" ".join(str(error).split()).encode())
        else:
            connection.send_bytes(b"")


def _log_to(path: Path) -> None:
    """From here on stdout and stderr of this process are appended to the job's log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(descriptor, stream.fileno())
    os.close(descriptor)
