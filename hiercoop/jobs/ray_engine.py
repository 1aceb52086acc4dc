"""Jobs on Ray, on this machine or on a cluster. Only results travel, so the nodes need no common file system.

Ray's own retries are off: which job is tried again, and how often, is the schedule's to say, the same for every engine.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from hiercoop.errors import ConfigError, HierCoopError, UnreachableError
from hiercoop.jobs.description import Job, job_from_json
from hiercoop.jobs.engine import End
from hiercoop.jobs.perform import perform
from hiercoop.jobs.results import RESULT_TYPES, TrainResult
from hiercoop.jobs.store import ResultStore
from hiercoop.jobs.worker import SINGLE_THREAD

NO_USAGE_STATS = {"RAY_USAGE_STATS_ENABLED": "0"}
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray's way to say that there is no cluster: every part of a local Ray then listens on 127.0.0.1. Both are read at import."""


class RayEngine:
    """One Ray task a job, one core each; `capacity` at a time."""

    def __init__(self, store: ResultStore, capacity: int, address: str | None = None) -> None:
        os.environ.update(NO_USAGE_STATS)
        if address is None:
            os.environ.update(LOOPBACK_ONLY)
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ConfigError(
                "--engine ray needs Ray, which is not installed; pip install hiercoop[ray], or leave it out"
            ) from error
        self.capacity = capacity
        self._ray = ray
        self._store = store
        self._jobs: dict[Any, tuple[Job, float]] = {}
        self._connect(address)
        self._task = ray.remote(num_cpus=1, max_retries=0)(_perform_remotely)

    def start(self, job: Job) -> None:
        """Submits the job with the results that it needs."""
        inputs = {need.name: self._store.read(need, TrainResult).model_dump_json() for need in job.needs}
        reference = self._task.remote(job.model_dump_json(), inputs, str(self._store.run_dir(job).absolute()))
        self._jobs[reference] = (job, time.perf_counter())

    def next_end(self) -> End:
        """The first task that ends; its result is written here."""
        (reference,), _ = self._ray.wait(list(self._jobs), num_returns=1)
        job, begin_s = self._jobs.pop(reference)
        errors = self._ray.exceptions
        try:
            text, reason = self._ray.get(reference)
        except errors.RayTaskError as error:
            return End(job, "failed", str(error.cause))
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError) as error:
            return End(job, "killed", type(error).__name__)
        if reason:
            return End(job, "failed", reason)
        self._store.write(job, RESULT_TYPES[job.kind].model_validate_json(text), time.perf_counter() - begin_s)
        return End(job, "done")

    def close(self) -> None:
        """Cancels what runs and leaves the cluster; a local one ends."""
        for reference in self._jobs:
            self._ray.cancel(reference, force=True)
        self._ray.shutdown()

    def _connect(self, address: str | None) -> None:
        here: dict[str, object] = {"num_cpus": self.capacity, "include_dashboard": False}
        where = here if address is None else {"address": address}
        try:
            self._ray.init(**where, log_to_driver=False, runtime_env={"env_vars": SINGLE_THREAD})
        except (ConnectionError, ValueError) as error:
            raise UnreachableError(
                f"no Ray cluster answers at {address}: {error}; start one or leave out --ray-address"
            ) from error


def _perform_remotely(job_json: str, inputs: dict[str, str], run_dir: str) -> tuple[str, str]:
    """The result as JSON, or the sentence why the job failed."""
    job = job_from_json(job_json)
    taken = {name: TrainResult.model_validate_json(text) for name, text in inputs.items()}
    # A node that does not share the driver's disk works in a directory of its own.
    root = Path(run_dir).parent.parent
    place = Path(run_dir) if root.exists() else Path(tempfile.gettempdir()) / "hiercoop-jobs" / job.name
    try:
        return perform(job, taken, place).model_dump_json(), ""
    except HierCoopError as error:
        return "", " ".join(str(error).split())
