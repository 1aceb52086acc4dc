"""What carries jobs out, as the schedule sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from hiercoop.jobs.description import Job


@dataclass(frozen=True)
class End:
    """How one attempt at a job ended."""

    job: Job
    state: Literal["done", "failed", "killed"]
    """done: the result is in the store; failed: trying again would end the same way; killed: its process was taken away."""
    reason: str = ""


class Engine(Protocol):
    """Runs a bounded number of jobs at a time."""

    capacity: int

    def start(self, job: Job) -> None:
        """Begins a job; no more than `capacity` at a time, and only once what it needs is in the store."""
        ...

    def next_end(self) -> End:
        """Waits until a started job ends."""
        ...

    def close(self) -> None:
        """Ends whatever still runs; results that are written stay."""
        ...
