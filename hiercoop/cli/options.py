"""Options as records: a command takes one frozen dataclass, whose fields are its arguments and options."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from hiercoop.config.scenario import ScenarioConfig

DEFAULT_SEED = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """What every command understands."""

    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; logs stay on stderr.")] = False
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of every random stream.")] = DEFAULT_SEED
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file laid over the preset.")] = None
    settings: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="One setting, laid over the file; may be repeated.")
    ] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScenarioOptions(CommonOptions):
    """What every command understands that simulates something."""

    scenario: Annotated[str, typer.Option(metavar="NAME", help="Scenario preset.")] = "urban-grid"


Options = TypeVar("Options", bound=CommonOptions)


def with_options(run: Callable[[Options], None], record: type[Options]) -> Callable[..., None]:
    """The command as typer reads it: one parameter for each field of the record, help from the docstring."""

    def command(**values: object) -> None:
        run(record(**values))  # type: ignore[arg-type]

    hints = get_type_hints(record, include_extras=True)
    parameters = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name])
        for field in dataclasses.fields(record)
    ]
    command.__name__ = run.__name__
    command.__doc__ = run.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def resolve_scenario(options: ScenarioOptions, *settings: str) -> ScenarioConfig:
    """The scenario that the options describe; a command's own settings win over --config and --set."""
    from hiercoop.config.load import load_scenario

    return load_scenario(options.scenario, options.config, [*options.settings, *settings])


def _default(field: dataclasses.Field[object]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
