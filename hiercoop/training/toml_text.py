"""Configuration written as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping


def toml_text(tree: Mapping[str, object]) -> str:
    """A tree of tables, arrays, strings, numbers and truth values as TOML; None is left out."""
    return "\n".join(_lines(tree, ())) + "\n"


def _lines(tree: Mapping[str, object], path: tuple[str, ...]) -> list[str]:
    tables = {key: value for key, value in tree.items() if isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in tree.items() if key not in tables and value is not None]
    if path and (lines or not tables):
        lines = [f"[{'.'.join(map(_key, path))}]", *lines, ""]
    for key, table in tables.items():
        lines += _lines(table, (*path, key))
    return lines


def _key(key: str) -> str:
    is_bare = key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key)
    return key if is_bare else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    # JSON's strings, numbers, true and false are TOML's, and finite floats keep all their digits.
    return json.dumps(value)
