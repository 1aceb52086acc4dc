"""The results directory: one file a finished job, written whole; logs and run directories beside it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from hiercoop.errors import InputFileError
from hiercoop.jobs.description import FORMAT, Job
from hiercoop.jobs.results import RESULT_TYPES, Result

ResultType = TypeVar("ResultType", bound=Result)


@dataclass(frozen=True)
class ResultStore:
    """Results by job. A file that is there is whole; whoever finds it need not do the job."""

    root: Path

    def path(self, job: Job) -> Path:
        """Where the job's result lies once it is finished."""
        return self.root / "results" / f"{job.name}.json"

    def log_path(self, job: Job) -> Path:
        """What the job's processes printed, all attempts."""
        return self.root / "logs" / f"{job.name}.log"

    def run_dir(self, job: Job) -> Path:
        """The training run of a training job."""
        return self.root / "runs" / job.name

    def has(self, job: Job) -> bool:
        """Whether the job is finished."""
        return self.path(job).exists()

    def write(self, job: Job, result: Result, seconds: float) -> None:
        """Finishes the job: the result under a temporary name, then renamed."""
        record = {
            "format": FORMAT,
            "seconds": round(seconds, 3),
            "job": job.model_dump(mode="json"),
            "result": result.model_dump(mode="json"),
        }
        path = self.path(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = path.with_name(f".{path.name}.{os.uname().nodename}.{os.getpid()}")
        staging.write_text(json.dumps(record, allow_nan=False), encoding="utf-8")
        staging.replace(path)

    def read(self, job: Job, kind: type[ResultType]) -> ResultType:
        """The job's result, which must be of this type; InputFileError where there is none or it is damaged."""
        result = self.read_any(job)
        if not isinstance(result, kind):
            raise InputFileError(f"{self.path(job)} holds a {type(result).__name__}, wanted a {kind.__name__}; delete the file")
        return result

    def read_any(self, job: Job) -> Result:
        """The job's result, of its kind's type; InputFileError where there is none or it is damaged."""
        try:
            return RESULT_TYPES[job.kind].model_validate(self._record(job)["result"])
        except (ValidationError, KeyError) as error:
            raise InputFileError(f"{self.path(job)} holds no result of a {job.kind} job; delete it and start again") from error

    def seconds(self, job: Job) -> float:
        """How long the finished job took [s]."""
        return float(cast(float, self._record(job)["seconds"]))

    def clear_run_dir(self, job: Job) -> None:
        """Removes a training run that left nothing to go on from."""
        shutil.rmtree(self.run_dir(job), ignore_errors=True)

    def _record(self, job: Job) -> dict[str, object]:
        path = self.path(job)
        try:
            return cast("dict[str, object]", json.loads(path.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputFileError(f"result {path} cannot be read: {error}; delete it and start again") from error
