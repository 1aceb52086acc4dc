"""`hiercoop bench`: how fast it is, with the machine it was measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.options import ScenarioOptions

Subject = Literal["simulator", "slot-loop", "all"]


@dataclass(frozen=True, kw_only=True)
class BenchOptions(ScenarioOptions):
    """What to measure, and how often."""

    subject: Annotated[Subject, typer.Argument(help="What to measure.")] = "all"
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Repeats; medians are reported.")] = 5


def bench(options: BenchOptions) -> None:
    """Measure how fast it is.

    Environment slots a second on one core, and lock-step slots a second across real processes.
    """
    from hiercoop.cli.machine import describe_machine

    result: dict[str, object] = {"machine": describe_machine(), "repeats": options.repeats}
    if options.subject in ("simulator", "all"):
        from hiercoop.cli.bench_simulator import bench_simulator

        result["simulator"] = bench_simulator(repeats=options.repeats)
    if options.subject in ("slot-loop", "all"):
        from hiercoop.cli.bench_slot_loop import bench_slot_loop

        result["slot_loop"] = bench_slot_loop(repeats=options.repeats)
    write_result(result, options.json)
