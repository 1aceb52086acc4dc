"""`hiercoop evaluate`: what a policy is worth on a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import ScenarioOptions, resolve_scenario
from hiercoop.errors import ConfigError

if TYPE_CHECKING:
    from hiercoop.config.run import RunConfig
    from hiercoop.config.scenario import ScenarioConfig


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(ScenarioOptions):
    """Which policy, on how many episodes of what."""

    policy: Annotated[
        str,
        typer.Argument(
            metavar="POLICY",
            help="random, greedy-bound, best-response, best-response-payload, best-response-delayed, local-search, "
            "band-plan, a policy bundle's directory, or its name under policies/; on a semantic scenario random, greedy, "
            "fixed-rate or fixed-constant.",
        ),
    ]
    episodes: Annotated[int, typer.Option(metavar="N", help="Delivery rounds to average over.")] = 200
    payload_bytes: Annotated[
        float | None, typer.Option(metavar="B", help="Payload of each vehicle; default: the scenario's.")
    ] = None
    full_buffer: Annotated[bool, typer.Option("--full-buffer", help="Payloads never end; compare sum_capacity_bps.")] = False
    reporting: Annotated[
        Literal["every-slot", "periodic", "on-termination"], typer.Option(help="When a policy bundle's SBSs send features.")
    ] = "on-termination"
    period: Annotated[int | None, typer.Option(metavar="N", help="Slots between periodic reports; default: 5.")] = None
    codec: Annotated[
        Literal["fp32", "fp16", "int8"] | None, typer.Option(help="How features travel; default: the bundle's.")
    ] = None


def evaluate(options: EvaluateOptions) -> None:
    """Say what a policy is worth on a scenario.

    Capacity, delivery, time to deliver and reward come with their 95 % intervals, signalling by layer; on a semantic scenario,
    quality of experience and its two parts.
    """
    from hiercoop.config.semantic import semantic_preset_names

    if options.scenario in semantic_preset_names():
        _evaluate_semantic(options)
        return
    from hiercoop.algorithms.registry import make_allocator
    from hiercoop.training.evaluation import evaluate as evaluate_policy

    scenario = resolve_scenario(options, *_traffic_settings(options))
    allocator = make_allocator(options.policy, scenario, options.seed, _run_config(options, scenario))
    with progress_bar("episodes", options.episodes) as moved_to:
        report = evaluate_policy(scenario, allocator, options.episodes, options.seed, moved_to)
    write_result(report.to_json(), options.json)


def _evaluate_semantic(options: EvaluateOptions) -> None:
    """The same on a scenario of the semantic downlink; ConfigError for options that are about payloads or reports."""
    from hiercoop.algorithms.semantic.registry import make_downlink_policy
    from hiercoop.config.semantic import load_semantic_scenario
    from hiercoop.training.downlink_evaluation import evaluate_downlink

    if _traffic_settings(options) or options.period is not None or options.codec or options.reporting != "on-termination":
        raise ConfigError(f"scenario={options.scenario!r} has neither payloads nor reports; leave out what sets them")
    scenario = load_semantic_scenario(options.scenario, options.config, options.settings)
    policy = make_downlink_policy(options.policy, scenario, options.seed)
    with progress_bar("episodes", options.episodes) as moved_to:
        report = evaluate_downlink(scenario, policy, options.episodes, options.seed, moved_to)
    write_result(report.to_json(), options.json)


def _traffic_settings(options: EvaluateOptions) -> list[str]:
    settings = [] if options.payload_bytes is None else [f"traffic.payload_bytes={options.payload_bytes}"]
    return [*settings, "traffic.full_buffer=true"] if options.full_buffer else settings


def _run_config(options: EvaluateOptions, scenario: ScenarioConfig) -> RunConfig:
    from hiercoop.config.load import build
    from hiercoop.config.run import RunConfig

    if options.period is not None and options.reporting != "periodic":
        raise ConfigError(f"period={options.period} is for periodic reports; add --reporting periodic or leave it out")
    modes = {"reporting": options.reporting, "report_period_slots": options.period, "codec": options.codec}
    given = {name: value for name, value in modes.items() if value is not None}
    return build(RunConfig, {"scenario": scenario, "seed": options.seed, **given})
