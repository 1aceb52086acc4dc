"""Commands over HTTP: applied by the simulator, or refused in one sentence before it hears of them."""

from __future__ import annotations

import json

import pytest

from tests.web.conftest import Site, open_site
from tests.web.scripted import ScriptedStack

pytestmark = pytest.mark.processes

PATH = "/api/v1/control"


async def test_a_command_answers_with_the_slot_it_holds_for(site: Site) -> None:
    answer = await site.client.post(PATH, json={"command": "step", "slots": 10})
    assert answer.status_code == 200
    assert answer.json() == {"slot": 1_010, "run_epoch": 1, "state": "paused"}


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ({"command": "start"}, "start"),
        ({"command": "pause"}, "pause"),
        ({"command": "step"}, "step"),
        ({"command": "reset"}, "reset"),
        ({"command": "payload", "payload_bytes": 20_000}, "payload_bytes"),
        ({"command": "policy", "digest": "ab" * 32}, "policy"),
        ({"command": "scenario", "scenario": {"num_sbs": 4, "mobility": {"kind": "grid"}}}, "scenario"),
    ],
)
async def test_each_command_reaches_the_simulator(site: Site, body: dict[str, object], command: str) -> None:
    assert (await site.client.post(PATH, json=body)).status_code == 200
    assert site.stack.simulator.commands == [command]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"command": "stop"}', ["'stop'"[1:-1], "start"]),
        ('{"command": "start", "now": true}', ["start.now", "not a key"]),
        ('{"command": "step", "slots": 0}', ["slots=0", "greater than or equal to 1"]),
        ('{"command": "step", "slots": "3"}', ["slots='3'", "integer"]),
        ('{"command": "step", "slots": true}', ["slots=True", "integer"]),
        ('{"command": "step", "slots": 1000000}', ["slots=1000000", "100000"]),
        ('{"command": "reset", "seed": -1}', ["seed=-1", "0"]),
        ('{"command": "reset", "seed": 9223372036854775808}', ["seed=9223372036854775808"]),
        ('{"command": "payload"}', ["payload_bytes", "required"]),
        ('{"command": "payload", "payload_bytes": -5}', ["payload_bytes=-5", "greater than or equal to 0"]),
        ('{"command": "payload", "payload_bytes": "much"}', ["payload_bytes='much'", "number"]),
        ('{"command": "payload", "payload_bytes": NaN}', ["JSON"]),
        ('{"command": "payload", "payload_bytes": 1e999}', ["payload_bytes"]),
        ('{"command": "scenario", "scenario": {"num_sbs": 0}}', ["num_sbs=0", "1"]),
        ('{"command": "scenario", "scenario": {"colour": 1}}', ["colour", "not a key"]),
        ('{"command": "scenario", "scenario": {"radio": {"num_bands": 65}}}', ["num_bands=65", "64"]),
        ('{"command": "scenario", "scenario": {"name": "\\ud800"}}', ["JSON"]),
        ("[]", ["body"]),
        ("", ["body"]),
        ("{", ["JSON"]),
        ("\x00", ["JSON"]),
        ("[" * 5_000, ["JSON"]),
    ],
)
async def test_a_body_that_is_not_what_the_document_says_is_refused_in_one_sentence(
    site: Site, body: str, words: list[str]
) -> None:
    answer = await site.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    detail = answer.json()["detail"]
    assert all(word in detail for word in words), detail
    assert "\n" not in detail
    assert len(detail) < 300
    assert site.stack.simulator.commands == []


async def test_a_form_of_another_page_is_no_command(site: Site) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await site.client.post(PATH, content=json.dumps({"command": "reset"}), headers={"Content-Type": kind})
        assert answer.status_code == 422
    assert site.stack.simulator.commands == []


async def test_a_body_beyond_the_bound_is_refused(site: Site) -> None:
    answer = await site.client.post(PATH, json={"command": "start", "padding": "x" * 100_000})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_the_simulator_refuses_comes_with_its_sentence(site: Site) -> None:
    await site.client.post(PATH, json={"command": "start"})
    answer = await site.client.post(PATH, json={"command": "step"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "step cannot be applied while the run is not paused; pause it first"


async def test_a_command_without_a_simulator_is_told_so_at_once() -> None:
    stack = ScriptedStack()
    stack.sim_port = stack.edge_port = 1
    async with open_site(stack) as site:
        answer = await site.client.post(PATH, json={"command": "pause"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "127.0.0.1:1" in answer.json()["detail"]
    assert answer.elapsed.total_seconds() < 5.5


async def test_commands_need_the_token_where_one_is_set_and_readings_do_not(stack: ScriptedStack) -> None:
    async with open_site(stack, control_token="s3crét") as site:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
            answer = await site.client.post(PATH, json={"command": "pause"}, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        right = {"Authorization": "Bearer s3crét".encode("latin-1")}
        assert (await site.client.post(PATH, json={"command": "pause"}, headers=right)).status_code == 200
        assert (await site.client.get("/api/v1/status")).status_code == 200
    assert stack.simulator.commands == ["pause"]
