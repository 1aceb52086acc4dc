"""Engines by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from hiercoop.errors import ConfigError
from hiercoop.jobs.engine import Engine
from hiercoop.jobs.processes import ProcessEngine
from hiercoop.jobs.store import ResultStore

EngineName = Literal["processes", "ray"]


@contextmanager
def open_engine(name: EngineName, store: ResultStore, workers: int, ray_address: str | None = None) -> Iterator[Engine]:
    """An engine that ends with the block, however the block ends; ConfigError for less than one worker or a stray address."""
    if workers < 1:
        raise ConfigError(f"workers={workers} must be at least 1")
    if name == "processes" and ray_address is not None:
        raise ConfigError(f"--ray-address {ray_address} is for --engine ray; add it or leave the address out")
    engine = _make(name, store, workers, ray_address)
    try:
        yield engine
    finally:
        engine.close()


def _make(name: EngineName, store: ResultStore, workers: int, ray_address: str | None) -> Engine:
    if name == "processes":
        return ProcessEngine(store, workers)
    from hiercoop.jobs.ray_engine import RayEngine

    return RayEngine(store, workers, ray_address)
