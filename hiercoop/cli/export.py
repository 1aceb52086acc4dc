"""`hiercoop export`: what a training run learned, as a policy bundle with its evaluation beside the baselines'."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, cast

import typer

from hiercoop.cli.console import progress_bar, write_result
from hiercoop.cli.options import CommonOptions

if TYPE_CHECKING:
    from pydantic import JsonValue

    from hiercoop.config.run import Reporting
    from hiercoop.config.scenario import ScenarioConfig

COMPARED_WITH = ("random", "local-search", "best-response", "best-response-payload", "greedy-bound")
TRAFFIC = {"full_buffer": True, "finite_payload": False}
"""Evaluated under both: payloads that never end compare capacity, finite ones delivery."""
REPEATED = ("policy", "scenario", "episodes", "seed")
"""Keys of a report that are the same in all of them."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions(CommonOptions):
    """From where to where, and how well it is evaluated."""

    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A training run's directory.")]
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The bundle's directory, for example policies/mine.")]
    episodes: Annotated[int, typer.Option(metavar="N", min=2, help="Delivery rounds of each evaluation.")] = 500


def export(options: ExportOptions) -> None:
    """Make a policy bundle of a run's best policy.

    Its manifest carries its evaluation, and that of the baselines on the same episodes of the run's
    scenario; --config and --set change what it is evaluated on, not what it has learned.
    """
    from hiercoop.config.load import build, overlay
    from hiercoop.config.scenario import ScenarioConfig
    from hiercoop.training.export import export_bundle
    from hiercoop.training.run_directory import read_config

    learned_on = read_config(options.run_dir).scenario.model_dump(exclude_none=True)
    scenario = build(ScenarioConfig, overlay(learned_on, options.config, options.settings))
    with TemporaryDirectory() as staging:
        draft = Path(staging) / "draft"
        export_bundle(options.run_dir, draft)
        evaluation = _evaluation(options, scenario, draft)
    bundle = export_bundle(options.run_dir, options.out, evaluation)
    write_result({"policy": str(options.out), "digest": bundle.digest, "evaluation": evaluation}, options.json)


def _evaluation(options: ExportOptions, scenario: ScenarioConfig, draft: Path) -> dict[str, JsonValue]:
    """Reports by traffic and policy; the bundle's own is `this`, on termination, and `this-every-slot`."""
    from hiercoop.algorithms.registry import make_allocator
    from hiercoop.config.run import RunConfig
    from hiercoop.training.evaluation import evaluate

    policies = {"this": str(draft), "this-every-slot": str(draft), **{name: name for name in COMPARED_WITH}}
    found: dict[str, JsonValue] = {"episodes": options.episodes, "seed": options.seed}
    done = 0
    with progress_bar("evaluations", len(TRAFFIC) * len(policies)) as moved_to:
        for label, is_full_buffer in TRAFFIC.items():
            traffic = scenario.traffic.model_copy(update={"full_buffer": is_full_buffer})
            evaluated = scenario.model_copy(update={"traffic": traffic})
            reports: dict[str, JsonValue] = {}
            for name, policy in policies.items():
                reporting: Reporting = "every-slot" if name == "this-every-slot" else "on-termination"
                run = RunConfig(scenario=evaluated, seed=options.seed, reporting=reporting)
                allocator = make_allocator(policy, evaluated, options.seed, run)
                report = cast("dict[str, JsonValue]", evaluate(evaluated, allocator, options.episodes, options.seed).to_json())
                reports[name] = {key: value for key, value in report.items() if key not in REPEATED}
                done += 1
                moved_to(done)
            found[label] = reports
    return found
