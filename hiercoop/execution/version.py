"""Which version of HierCoop this is."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def hiercoop_version() -> str:
    """The installed version, or `unknown` when run from files that were never installed."""
    try:
        return metadata.version("hiercoop")
    except metadata.PackageNotFoundError:
        return "unknown"
