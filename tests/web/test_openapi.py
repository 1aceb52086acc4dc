"""The OpenAPI document and what the service does, held against each other."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from services.upper_edge.web.openapi import document
from services.upper_edge.web.page import UI
from tests.web.conftest import open_site
from tests.web.scripted import ScriptedStack

pytestmark = pytest.mark.processes

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


ANSWERS = (
    "Status",
    "CellState",
    "OptionDistribution",
    "Signalling",
    "Capacity",
    "Delivery",
    "Applied",
    "Map",
    "Vehicles",
    "Decision",
    "Chain",
    "LinkOutcome",
    "Spectrum",
    "LogEntry",
    "Policy",
    "RunSummary",
    "RunDetail",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A served application on a thread of its own, for clients that block."""
    ready, found = threading.Event(), []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        stack = ScriptedStack()
        stack.simulator.run.state = "paused"
        stack.simulator.run.advance(300)
        await stack.start()
        async with open_site(stack) as site:
            await site.until_slot(300)
            found.append(str(site.client.base_url))
            ready.set()
            await stop.wait()
        await stack.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.close()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_is_asked_the_answer_is_one_that_the_document_names(url: str, mode: GenerationMode) -> None:
    # The stream never ends; what it answers is tested elsewhere.
    api = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json").exclude(path="/api/v1/stream")
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) == 16
    for operation in operations:

        @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)

        with contextlib.suppress(Unsatisfiable):
            ask()


def test_every_reading_and_every_command_has_an_example(url: str) -> None:
    document = httpx.get(f"{url}/api/v1/openapi.json").json()
    models = document["components"]["schemas"]
    for name in ANSWERS:
        assert any("examples" in field for field in models[name]["properties"].values()), name
    body = document["paths"]["/api/v1/control"]["post"]["requestBody"]["content"]["application/json"]
    commands = {example["value"]["command"] for example in body["examples"].values()}
    assert commands == {"start", "pause", "step", "reset", "payload", "scenario", "policy"}
    for example in body["examples"].values():
        assert httpx.post(f"{url}/api/v1/control", json=example["value"]).status_code == 200, example


def test_the_committed_document_is_fresh() -> None:
    committed = (UI / "openapi.json").read_text("utf-8")
    assert committed == document(), "run python -m services.upper_edge.web.openapi > services/upper_edge/ui/openapi.json"


def test_the_document_names_problem_documents_for_refusals(url: str) -> None:
    document = httpx.get(f"{url}/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            refusals = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
            assert refusals, (path, method)
            assert all("application/problem+json" in answer["content"] for answer in refusals.values())
