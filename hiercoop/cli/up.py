"""`hiercoop up`: the whole stack on this machine, as `make run` starts it."""

from __future__ import annotations

import os
import sys

import typer

FORWARD_EVERYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def up(context: typer.Context) -> None:
    """Run the split as processes.

    Options are those of `python -m services`.
    """
    os.execv(sys.executable, [sys.executable, "-m", "services", *context.args])
