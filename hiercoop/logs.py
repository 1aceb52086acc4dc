"""Structured logs on stderr: short constant events, values as fields."""

from __future__ import annotations

import logging
import sys
from typing import cast

import structlog


def configure_logs(level: str = "info", json: bool = False) -> None:
    """Sends all logs to stderr, as key=value lines or JSON, from this level on."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json else structlog.processors.KeyValueRenderer(key_order=["event"])
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module; its name is the field `module`."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(module=name))
