"""Bounds that the command line names before anything heavy is loaded."""

from __future__ import annotations

MAX_SBS = 64
