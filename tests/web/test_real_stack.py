"""The web process before the real simulator, edge and agents: what it tells is what they counted."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.stack import Stack, running_stack
from tests.web.conftest import Site, open_site

pytestmark = pytest.mark.processes

CONTROL = "/api/v1/control"


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Stack]:
    """Simulator, edge and three agents, all processes."""
    with running_stack(tmp_path) as stack:
        yield stack


def troubles(status: dict[str, object]) -> dict[str, object]:
    found = status["troubles"]
    assert isinstance(found, dict)
    return found


async def status_where(site: Site, **wanted: object) -> dict[str, object]:
    """The first status whose troubles or other fields are these."""
    async with asyncio.timeout(60):
        while True:
            status = await site.read("status")
            if status["troubles"] is not None and wanted.items() <= {**troubles(status), **status}.items():
                return status
            await asyncio.sleep(0.05)


async def test_readings_agree_with_each_other_and_with_the_edge_over_a_kill_and_a_return(real: Stack) -> None:
    settings = {"sim_addr": real.environment["SIM_ADDR"], "edge_addr": real.environment["EDGE_ADDR"]}
    async with open_site(**settings) as site:
        await site.until_slot(200, limit_s=60)
        status = await status_where(site, state="whole", unreconciled_messages=0)
        assert troubles(status)["gaps"] == 0

        await asyncio.to_thread(real.signal, "agent1", signal.SIGKILL)
        await status_where(site, state="partial", gaps=1)
        real.start("agent1")
        await status_where(site, state="whole", gaps=1)

        paused = await site.client.post("/api/v1/control", json={"command": "pause"})
        assert paused.status_code == 200
        await site.until(lambda: site.board.run is not None and site.board.run.response.state == "paused")
        cells = (await site.read("cells"))["cells"]
        delivery = await site.read("delivery")
        assert sum(cell["rounds_offered"] for cell in cells) == delivery["rounds_offered"]
        capacity = await site.read("capacity")
        assert sum(row["mean_bps"] for row in capacity["by_cell"]) == pytest.approx(capacity["mean_bps"])
        kinds = (await site.read("signalling"))["kinds"]
        reports = sum(cell["reports"] for cell in cells)
        # An agent that is killed between its report and its allocation leaves one report that no cell has counted.
        assert 0 <= sum(kind["messages"] for kind in kinds if kind["type"] == "FeatureReport") - reports <= 3

        stepped = await site.client.post("/api/v1/control", json={"command": "step", "slots": 3})
        slot = stepped.json()["slot"]
        await site.until_slot(slot + 3)
        reset = await site.client.post("/api/v1/control", json={"command": "reset", "seed": 4})
        assert reset.json()["slot"] == 0
        await site.until(lambda: site.board.run is not None and site.board.run.response.seed == 4)


async def test_a_policy_is_swapped_from_the_page_and_cells_edge_and_decisions_follow_it(real: Stack, tmp_path: Path) -> None:
    addresses = {"sim_addr": real.environment["SIM_ADDR"], "edge_addr": real.environment["EDGE_ADDR"]}
    async with open_site(**addresses, policy=real.environment["POLICY"], runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(50, limit_s=60)
        told = await site.read("policies")
        digests = {row["name"]: row["digest"] for row in told["policies"]}
        assert told["in_force"] == digests["bundle"] == real.bundle.digest
        assert all(row["fits"] for row in told["policies"])
        for name in ("default", "bundle"):
            answer = await site.client.post(CONTROL, json={"command": "policy", "digest": digests[name]})
            assert answer.status_code == 200, answer.text
            epoch = answer.json()["run_epoch"]
            await site.until(lambda: has_decided(site, epoch, digests[name]), 60)  # noqa: B023
            chain = (await whole_decision(site))["chain"]
            check_chain(chain)
            status = await site.read("status")
            assert (status["run"]["policy_name"], status["state"]) == (name, "whole")
            assert troubles(status)["local_slots"] == 0
        refused = await site.client.post(CONTROL, json={"command": "policy", "digest": "ab" * 32})
        assert refused.status_code == 409
        assert digests["default"][:12] in refused.json()["detail"]
        wanted = ["running", "ended", "ended"]
        async with asyncio.timeout(60):
            while [row["state"] for row in (await site.client.get("/api/v1/runs")).json()["runs"]] != wanted:
                await asyncio.sleep(0.05)


def has_decided(site: Site, run_epoch: int, digest: str) -> bool:
    """Whether some slots of this run under this policy are over, with every cell in them."""
    run = site.board.run
    if run is None or run.response.run_epoch != run_epoch or run.response.slot < 60 or site.board.counters is None:
        return False
    counters = site.board.counters
    return counters.policy_digest == run.response.policy_digest == digest and len(counters.registered_cells) == 3


async def whole_decision(site: Site) -> dict[str, Any]:
    """A decision of cell 1 in which the edge's values are known."""
    async with asyncio.timeout(30):
        while True:
            told: dict[str, Any] = await site.read("decision", cell=1)
            if told["chain"] and told["chain"]["option_values"]["basis"] == "recomputed":
                return told
            await asyncio.sleep(0.05)


def check_chain(chain: dict[str, Any]) -> None:
    """The figures follow from each other, as they stand in the answer."""
    radio, values = chain["radio"], chain["option_values"]
    assert values["values"].index(max(values["values"])) == chain["option"]["option"]
    for link in chain["links"]:
        if link["is_active"]:
            heard_w = sum(one["gain"] for one in link["interferers"]) * radio["tx_power_w"]
            sinr = link["gain"] * radio["tx_power_w"] / (heard_w + radio["noise_w"])
            assert link["sinr"] == pytest.approx(sinr, rel=1e-5)
            assert link["capacity_bps"] == pytest.approx(radio["band_bandwidth_hz"] * math.log2(1 + sinr), rel=1e-5)
            left_bits = link["payload_before_bits"] - link["delivered_bits"]
            assert link["payload_left_bits"] == pytest.approx(left_bits, abs=1e-3)


async def test_reference_lines_bound_what_the_run_reached_in_the_same_slots(real: Stack) -> None:
    addresses = {"sim_addr": real.environment["SIM_ADDR"], "edge_addr": real.environment["EDGE_ADDR"]}
    async with open_site(**addresses) as site:
        await site.until(lambda: site.board.run is not None and site.board.run.references.latest_slot > 0, 60)
        told = (await site.read("capacity"))["references"]
    assert told["state"] == "computed"
    for reached, best, bound in zip(told["sum_capacity_bps"], told["best_response_bps"], told["greedy_bound_bps"], strict=True):
        assert reached <= bound * (1 + 1e-5)
        assert best <= bound * (1 + 1e-5)
