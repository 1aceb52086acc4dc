"""`hiercoop loadtest`: many SBSs report to an edge on a fixed schedule, beside a bare echo of the same messages."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from hiercoop.cli.console import write_result
from hiercoop.cli.options import CommonOptions
from hiercoop.config.bounds import MAX_SBS
from hiercoop.errors import ConfigError, InputFileError

MAX_CLIENTS = 16
MAX_WINDOW_S = 600.0
EDGE_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class LoadtestOptions(CommonOptions):
    """Whom to load, how much, and how long."""

    edge: Annotated[str | None, typer.Option(metavar="ADDR", help="A running edge to load, which begins a new run; default: one of its own.")] = None  # fmt: skip  # noqa: E501
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="The edge may be on another machine.")] = False
    policy: Annotated[str, typer.Option(metavar="POLICY", help="Policy bundle of its own edge.")] = "default"
    sbs: Annotated[int, typer.Option(metavar="N", min=1, max=MAX_SBS, help="Emulated SBSs.")] = 64
    period_ms: Annotated[float, typer.Option(metavar="MS", help="Each reports this often; 1 or more.")] = 10.0
    deadline_ms: Annotated[float | None, typer.Option(metavar="MS", help="An answer after this is missed; default: the period.")] = None  # fmt: skip  # noqa: E501
    seconds: Annotated[float, typer.Option(metavar="S", help="Length of each window.")] = 5.0
    max_messages: Annotated[int, typer.Option(metavar="N", min=1, help="Messages of each window, at most.")] = 100_000
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Windows of the edge, and of the echo.")] = 3
    clients: Annotated[int, typer.Option(min=1, max=MAX_CLIENTS, help="Processes that emulate SBSs.")] = 2
    codec: Annotated[Literal["fp32", "fp16", "int8"], typer.Option(help="Features on the wire.")] = "fp32"
    packed: Annotated[int, typer.Option(metavar="N", min=0, max=MAX_SBS, help="SBSs whose reports go in one message; 0: single messages.")] = 0  # fmt: skip  # noqa: E501
    search: Annotated[bool, typer.Option("--search", help="Also look for the most SBSs with less than 0.5 % missed.")] = False
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report that opens without a network.")] = None


def loadtest(options: LoadtestOptions) -> None:
    """Load an edge and say what it stood.

    Open loop: messages are due on an absolute schedule and latency counts from there, so that a stall is not hidden.
    """
    from hiercoop.cli.machine import describe_machine
    from hiercoop.load.comparison import Contest, compare, saturation
    from hiercoop.load.page import render_page
    from hiercoop.load.plan import LoadShape
    from hiercoop.load.report import LoadReport
    from hiercoop.load.servers import Server, ask_edge, check_address, started_echo, started_edge
    from hiercoop.load.window import started_clients

    _check(options)
    if options.edge is not None:
        check_address(options.edge, options.allow_remote)
    deadline_ms = options.period_ms if options.deadline_ms is None else options.deadline_ms
    shape = LoadShape(
        num_sbs=options.sbs,
        period_s=options.period_ms / 1000,
        deadline_s=deadline_ms / 1000,
        seconds=options.seconds,
        max_messages=options.max_messages,
        codec=options.codec,
        num_clients=options.clients,
        packed=options.packed,
        seed=options.seed,
    )
    with ExitStack() as running:
        edge = Server(options.edge) if options.edge else running.enter_context(started_edge(options.policy))
        facts = ask_edge(edge.address) if options.edge is None else ask_edge(edge.address, EDGE_TIMEOUT_S)
        echo = running.enter_context(started_echo())
        contest = Contest(running.enter_context(started_clients(options.clients, facts)), edge, echo, shape, _say)
        compared = compare(contest, options.rounds)
        found = saturation(contest) if options.search else None
    report = LoadReport(
        load=shape, machine=describe_machine(), policy_digest=facts.policy_digest, saturation=found, **vars(compared)
    )
    if options.html is not None:
        options.html.write_text(render_page(report), "utf-8")
    write_result(report.to_json() if options.json else report.headlines(), options.json)


def _check(options: LoadtestOptions) -> None:
    if options.config is not None or options.settings:
        raise ConfigError("loadtest emulates no scenario; leave out --config and --set")
    for name, least, most in (("period_ms", 1.0, 60_000.0), ("deadline_ms", 0.001, 60_000.0), ("seconds", 0.1, MAX_WINDOW_S)):
        value = getattr(options, name)
        if value is not None and not least <= value <= most:
            raise ConfigError(f"--{name.replace('_', '-')}={value:g} must be in {least:g}..{most:g}")
    if options.html is not None and not options.html.parent.is_dir():
        raise InputFileError(f"--html={options.html} lies in no directory; make it first, or name another")


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        print(f"hiercoop: {sentence}", file=sys.stderr)
