"""`hiercoop bench`: how fast it is, with the machine it was measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.options import CommonOptions
from hiercoop.errors import ConfigError

Subject = Literal["simulator", "slot-loop", "training", "all"]


@dataclass(frozen=True, kw_only=True)
class BenchOptions(CommonOptions):
    """What to measure, and how often."""

    subject: Annotated[Subject, typer.Argument(help="What to measure.")] = "all"
    policy: Annotated[str, typer.Option(metavar="POLICY", help="Policy bundle of the slot loop.")] = "default"
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Repeats; medians are reported.")] = 5


def bench(options: BenchOptions) -> None:
    """Measure how fast it is.

    Environment slots a second on one core, lock-step slots a second across real processes, and slots a second in training.
    """
    from hiercoop.cli.machine import describe_machine

    if options.config is not None or options.settings:
        raise ConfigError("bench measures the default scenario, to be comparable; leave out --config and --set")
    result: dict[str, object] = {"machine": describe_machine(), "repeats": options.repeats}
    if options.subject in ("simulator", "all"):
        from hiercoop.cli.bench_simulator import bench_simulator

        result["simulator"] = bench_simulator(options.repeats)
    if options.subject in ("slot-loop", "all"):
        from hiercoop.cli.bench_slot_loop import bench_slot_loop

        result["slot_loop"] = bench_slot_loop(options.repeats, options.policy)
    if options.subject in ("training", "all"):
        from hiercoop.cli.bench_training import bench_training

        result["training"] = bench_training(options.repeats)
    write_result(result, options.json)
