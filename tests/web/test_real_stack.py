"""The web process before the real simulator, edge and agents: what it tells is what they counted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.stack import Stack, running_stack
from tests.web.conftest import Site, open_site

pytestmark = pytest.mark.processes


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
