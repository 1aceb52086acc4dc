"""`hiercoop simulate`: a policy on moving traffic, in one process; with --slots or --trace, the twin of `hiercoop up`."""

from __future__ import annotations

import math
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import ScenarioOptions
from hiercoop.errors import ConfigError

if TYPE_CHECKING:
    from hiercoop.config.run import RunConfig
    from hiercoop.config.scenario import ScenarioConfig

NO_END = "traffic on the grid has no end; give --seconds or --slots, or a trace with --mobility"


@dataclass(frozen=True, kw_only=True)
class SimulateOptions(ScenarioOptions):
    """Which policy, on what traffic, for how long, and how the split is run."""

    policy: Annotated[str, typer.Option(metavar="POLICY", help="As for evaluate; the twin takes a policy bundle.")] = "default"
    mobility: Annotated[
        Path | None, typer.Option(metavar="TRACE", help="SUMO floating-car data, .fcd.xml or .fcd.xml.gz; default: the grid.")
    ] = None
    seconds: Annotated[float | None, typer.Option(metavar="S", help="Simulated time; default: the whole trace.")] = None
    sbs: Annotated[int | None, typer.Option(metavar="K", help="Number of small cells.")] = None
    slots: Annotated[int | None, typer.Option(metavar="N", help="Twin: slots to run; default: the whole trace.")] = None
    trace: Annotated[Path | None, typer.Option(metavar="FILE", help="Twin: write what happened, to be compared.")] = None
    controls: Annotated[Path | None, typer.Option(metavar="FILE", help="Twin: replay the controls in this file.")] = None
    reporting: Annotated[Literal["every-slot", "periodic", "on-termination"], typer.Option(help="When features are sent.")] = (
        "on-termination"
    )
    period: Annotated[int, typer.Option(metavar="N", help="Slots between periodic reports.")] = 5
    codec: Annotated[Literal["fp32", "fp16", "int8"], typer.Option(help="How features travel.")] = "fp32"
    options: Annotated[
        Literal["synchronous", "asynchronous"], typer.Option(help="Whether a cell waits for its new option.")
    ] = "synchronous"

    @property
    def is_twin(self) -> bool:
        """Whether the run is to be compared with one across processes."""
        return not (self.slots is None and self.trace is None and self.controls is None)


def simulate(options: SimulateOptions) -> None:
    """Run a policy on moving traffic.

    Without --slots, --trace and --controls it evaluates any policy, round after round. With one of them it is the twin of
    `hiercoop up`: the same run in one process, and the same trace, bit for bit.
    """
    scenario = _scenario(options)
    if options.is_twin:
        _run_twin(options, scenario)
    else:
        _run_rounds(options, scenario)


def _scenario(options: SimulateOptions) -> ScenarioConfig:
    from hiercoop.config.moving import moving_scenario

    cells = [] if options.sbs is None else [f"num_sbs={options.sbs}"]
    return moving_scenario(options.scenario, options.mobility, options.config, [*cells, *options.settings])


def _run_rounds(options: SimulateOptions, scenario: ScenarioConfig) -> None:
    from hiercoop.algorithms.registry import make_allocator
    from hiercoop.training.evaluation import evaluate

    rounds = _num_rounds(options, scenario)
    allocator = make_allocator(options.policy, scenario, options.seed, _run_config(options, scenario))
    with progress_bar("rounds", None if rounds == sys.maxsize else rounds) as moved_to:
        report = evaluate(scenario, allocator, rounds, options.seed, moved_to)
    write_result(report.to_json(), options.json)


def _num_rounds(options: SimulateOptions, scenario: ScenarioConfig) -> int:
    """Whole delivery rounds in the time asked for; more than any trace has where it ends the run."""
    if options.seconds is None:
        if options.mobility is None:
            raise ConfigError(NO_END)
        return sys.maxsize
    round_s = scenario.episode_slots * scenario.radio.slot_duration_s
    if not (math.isfinite(options.seconds) and options.seconds >= round_s):
        raise ConfigError(f"seconds={options.seconds} must be at least one delivery round, {round_s:g} s")
    # A billionth of a round's grace, so that 0.3 s holds three rounds of 0.1 s.
    return int(options.seconds / round_s + 1e-9)


def _run_twin(options: SimulateOptions, scenario: ScenarioConfig) -> None:
    from hiercoop.execution.bundle import load_bundle
    from hiercoop.execution.controls import read_controls
    from hiercoop.execution.in_process import run_in_process
    from hiercoop.execution.policy_path import policy_path
    from hiercoop.execution.run_summary import run_summary
    from hiercoop.execution.trace import TraceWriter

    if options.slots is None and options.mobility is None:
        raise ConfigError(NO_END)
    run = _run_config(options, scenario)
    bundle = load_bundle(policy_path(options.policy))
    events = () if options.controls is None else read_controls(options.controls)
    begin_s = time.perf_counter()
    writer = nullcontext() if options.trace is None else TraceWriter(options.trace)
    with writer as trace, progress_bar("slots", options.slots) as moved_to:
        whole = run_in_process(run, bundle, trace, events, lambda record: moved_to(record.slot + 1))
    write_result(run_summary(whole.emulation, time.perf_counter() - begin_s), options.json)


def _run_config(options: SimulateOptions, scenario: ScenarioConfig) -> RunConfig:
    from hiercoop.config.load import build
    from hiercoop.config.run import RunConfig

    return build(
        RunConfig,
        {
            "scenario": scenario,
            "seed": options.seed,
            "options": options.options,
            "reporting": options.reporting,
            "report_period_slots": options.period,
            "codec": options.codec,
            "max_slots": options.slots,
        },
    )
