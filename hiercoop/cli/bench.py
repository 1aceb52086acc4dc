"""`hiercoop bench`: how fast it is, with the machine it was measured on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.options import CommonOptions
from hiercoop.errors import ConfigError

Subject = Literal["simulator", "downlink", "slot-loop", "training", "load", "realtime", "all"]


@dataclass(frozen=True, kw_only=True)
class BenchOptions(CommonOptions):
    """What to measure, and how often."""

    subject: Annotated[Subject, typer.Argument(help="What to measure.")] = "all"
    policy: Annotated[str, typer.Option(metavar="POLICY", help="Policy bundle of the slot loop.")] = "default"
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Repeats; medians are reported.")] = 5
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With load: exit code 5 if the edge's time a message is 10 % above this."),
    ] = None
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="With load: measure and write a baseline for --check.")] = (
        None
    )


def bench(options: BenchOptions) -> None:
    """Measure how fast it is.

    Environment slots a second on one core (of the uplink, and of the semantic downlink), lock-step slots a second across real
    processes, slots a second in training, the edge's cost beside a bare echo, and slots missed in real time beside a bare
    pacer.
    """
    from hiercoop.cli.machine import describe_machine

    if options.config is not None or options.settings:
        raise ConfigError("bench measures the default scenario, to be comparable; leave out --config and --set")
    if (options.check or options.save) and options.subject != "load":
        raise ConfigError(f"--check and --save belong to `bench load`, not to `bench {options.subject}`")
    result: dict[str, object] = {"machine": describe_machine(), "repeats": options.repeats}
    if options.subject in ("simulator", "all"):
        from hiercoop.cli.bench_simulator import bench_simulator

        result["simulator"] = bench_simulator(options.repeats)
    if options.subject in ("downlink", "all"):
        from hiercoop.cli.bench_downlink import bench_downlink

        result["downlink"] = bench_downlink(options.repeats)
    if options.subject in ("slot-loop", "all"):
        from hiercoop.cli.bench_slot_loop import bench_slot_loop

        result["slot_loop"] = bench_slot_loop(options.repeats, options.policy)
    if options.subject in ("training", "all"):
        from hiercoop.cli.bench_training import bench_training

        result["training"] = bench_training(options.repeats)
    if options.subject in ("realtime", "all"):
        from hiercoop.cli.bench_realtime import bench_realtime

        result["realtime"] = bench_realtime(options.repeats, options.policy)
    if options.subject in ("load", "all"):
        from hiercoop.cli.bench_load import bench_load, bench_message, check_baseline

        measure = bench_message if options.check or options.save else bench_load
        found = result["load"] = measure(options.repeats, options.policy)
        if options.save is not None:
            options.save.write_text(json.dumps({"machine": result["machine"], **found}, indent=1) + "\n", "utf-8")
        if options.check is not None:
            write_result(result, options.json)
            check_baseline(found, options.check)
            return
    write_result(result, options.json)
