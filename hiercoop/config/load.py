"""Configuration from presets, TOML files and key=value settings; every refusal is one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from hiercoop.config.scenario import ScenarioConfig
from hiercoop.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Tree = dict[str, object]


def preset_names() -> list[str]:
    """Names of the scenarios that ship with the package."""
    return sorted(
        item.name.removesuffix(".toml")
        for item in resources.files("hiercoop.config.presets").iterdir()
        if item.name.endswith(".toml")
    )


def load_scenario(name: str, file: Path | None = None, settings: Sequence[str] = ()) -> ScenarioConfig:
    """The named preset, overlaid with a TOML file and then with key=value settings (dotted keys).

    Raises ConfigError for an unknown preset, an unreadable file, an unknown key or a value out of bounds.
    """
    if name not in preset_names():
        raise ConfigError(f"scenario={name!r} is unknown; choose one of {', '.join(preset_names())}")
    tree: Tree = tomllib.loads((resources.files("hiercoop.config.presets") / f"{name}.toml").read_text("utf-8"))
    tree.setdefault("name", name)
    return build(ScenarioConfig, overlay(tree, file, settings))


def overlay(tree: Tree, file: Path | None, settings: Sequence[str]) -> Tree:
    """A tree of settings with a TOML file and key=value settings laid over it, in this order."""
    if file is not None:
        tree = _merge(tree, _read_toml(file))
    for setting in settings:
        tree = _merge(tree, _parse_setting(setting))
    return tree


def build(model: type[Model], tree: Tree) -> Model:
    """The validated model, or ConfigError naming the first offending key, its value and its bound."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from error


def _read_toml(file: Path) -> Tree:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration file {file} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"configuration file {file} is not TOML: {error}") from error


def _parse_setting(setting: str) -> Tree:
    key, separator, text = setting.partition("=")
    if not separator or not all(part.strip() for part in key.split(".")):
        raise ConfigError(f"setting {setting!r} must have the form key=value, for example radio.num_bands=4")
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return value  # type: ignore[return-value]


def _merge(base: Tree, over: Tree) -> Tree:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "configuration"
    if first["type"] == "extra_forbidden":
        return f"unknown configuration key {key!r}; remove it or check its spelling"
    message = first["msg"].removeprefix("Value error, ")
    return message if first["type"] == "value_error" else f"{key}={first['input']!r}: {message}"
