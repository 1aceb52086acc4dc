"""Presets over HTTP: each begins a run as it is told."""

from __future__ import annotations

import pytest

from hiercoop.config.load import preset_names
from tests.web.conftest import Site

pytestmark = pytest.mark.processes


async def test_every_preset_is_told_and_moves(site: Site) -> None:
    told = (await site.read("scenarios"))["scenarios"]
    assert [preset["name"] for preset in told] == preset_names()
    assert {preset["scenario"]["mobility"]["kind"] for preset in told} == {"grid"}


async def test_a_preset_as_told_is_a_command_that_is_taken(site: Site) -> None:
    for preset in (await site.read("scenarios"))["scenarios"]:
        command = {"command": "scenario", "scenario": preset["scenario"]}
        answer = await site.client.post("/api/v1/control", json=command)
        assert answer.status_code == 200, answer.text
