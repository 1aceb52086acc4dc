"""`hiercoop signalling`: what ways of cooperating are worth and what they cost, side by side, every message over gRPC."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import ScenarioOptions
from hiercoop.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SignallingOptions(ScenarioOptions):
    """Which schemes, on what, for how long."""

    policy: Annotated[str, typer.Option(metavar="POLICY", help="Policy bundle of the schemes that send features.")] = "default"
    scheme: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Scheme to run; repeatable; default: all.")] = None
    slots: Annotated[int, typer.Option(metavar="N", min=1, max=1_000_000, help="Slots of each run.")] = 500
    runs: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Runs of each scheme, with seeds S, S+1, ...")] = 2
    period: Annotated[int, typer.Option(metavar="N", help="Slots between periodic reports.")] = 5
    codec: Annotated[Literal["fp32", "fp16", "int8"], typer.Option(help="How features travel.")] = "fp32"
    sbs: Annotated[int | None, typer.Option(metavar="K", help="Number of small cells.")] = None


def signalling(options: SignallingOptions) -> None:
    """Compare ways of cooperating by what they signal.

    All meet the same vehicles and channels, slot by slot. Bytes in three layers, by type, direction, SBS and phase, beside
    capacity, delivery and the age of what each cell knows of the others.
    """
    from hiercoop.config.load import build
    from hiercoop.config.moving import moving_scenario
    from hiercoop.config.run import RunConfig
    from hiercoop.execution.bundle import load_bundle
    from hiercoop.execution.policy_path import policy_path
    from hiercoop.schemes.comparison import SCHEMES, compare_schemes

    cells = [] if options.sbs is None else [f"num_sbs={options.sbs}"]
    scenario = moving_scenario(options.scenario, None, options.config, [*cells, *options.settings])
    path = policy_path(options.policy)
    bundle = load_bundle(path)
    bundle.check_scenario(scenario)
    values = {"scenario": scenario, "report_period_slots": options.period, "codec": options.codec, "max_slots": options.slots}
    runs = [build(RunConfig, values | {"seed": options.seed + number}) for number in range(options.runs)]
    schemes = options.scheme or SCHEMES
    for scheme in schemes:
        if scheme not in SCHEMES:
            raise ConfigError(f"scheme={scheme!r} is none of {', '.join(SCHEMES)}")
    with progress_bar("slots", len(schemes) * options.slots * options.runs) as moved_to:
        results = compare_schemes(schemes, runs, bundle, str(path), moved_to)
    found = {result.scheme: asdict(result) for result in results}
    if not options.json:
        for values in found.values():
            del values["kinds"], values["scheme"]
    given = {"scenario": scenario.name, "policy_digest": bundle.digest, "slots": options.slots, "seed": options.seed}
    write_result({**given, "runs": options.runs, "period_slots": options.period, "schemes": found}, options.json)
