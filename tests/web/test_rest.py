"""Readings over HTTP, against the script behind them."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from tests.web.conftest import Site, open_site
from tests.web.scripted import NUM_CELLS, NUM_OPTIONS, ScriptedStack, cell_capacity_bps, option_at

pytestmark = pytest.mark.processes

NOUNS = (
    "status",
    "cells",
    "map",
    "vehicles",
    "decision",
    "options/distribution",
    "signalling",
    "capacity",
    "delivery",
    "spectrum",
    "events",
    "policies",
)


async def test_status_tells_the_run_the_services_and_the_policy(site: Site) -> None:
    await site.until(lambda: site.board.edge.health == site.board.simulator.health == "serving")
    status = await site.read("status")
    assert status["connection"] == "live"
    assert status["age_s"] < 1
    assert status["state"] == "whole"
    run = status["run"]
    assert (run["scenario"], run["seed"], run["slot"], run["state"]) == ("urban-grid", 7, 1_000, "paused")
    assert run["time_s"] == pytest.approx(1.0)
    assert run["policy_digest"].startswith("4f1c9a")
    assert [service["health"] for service in status["services"]] == ["serving"] * 3


async def test_status_is_partial_while_a_cell_has_no_agent(site: Site) -> None:
    run = site.stack.simulator.run
    run.detached.add(1)
    run.cells[1].gaps = 1
    run.advance(40)
    await site.until_slot(run.slot)
    status = await site.read("status")
    assert status["state"] == "partial"
    assert (status["troubles"]["gaps"], status["troubles"]["missed_slots"]) == (1, 40)
    cell = (await site.read("cells"))["cells"][1]
    assert (cell["is_attached"], cell["missed_slots"]) == (False, 40)


async def test_cells_tell_the_option_in_force_and_its_age(site: Site) -> None:
    cells = (await site.read("cells"))["cells"]
    assert [cell["option"] for cell in cells] == [option_at(cell, 999) for cell in range(NUM_CELLS)]
    since = [cell.option_since_slot for cell in site.stack.simulator.run.cells]
    assert [cell["option_age_slots"] for cell in cells] == [1_000 - slot for slot in since]


async def test_the_map_has_the_roads_and_sites_of_the_grid(site: Site) -> None:
    told = await site.read("map")
    assert told["area"] == {"min_x_m": 0, "min_y_m": 0, "max_x_m": 1299, "max_y_m": 750}
    along_y = [road["x1_m"] for road in told["roads"] if road["x1_m"] == road["x2_m"]]
    along_x = [road["y1_m"] for road in told["roads"] if road["y1_m"] == road["y2_m"]]
    assert (along_y, along_x) == ([0, 433, 866, 1299], [0, 250, 500, 750])
    # Two lanes a direction, 3.5 m wide.
    assert {road["width_m"] for road in told["roads"]} == {14}
    assert [(one["kind"], one["cell"]) for one in told["sites"]] == [("sbs", 0), ("sbs", 1), ("sbs", 2), ("mbs", 3)]


async def test_full_channel_state_and_a_mesh_take_what_their_messages_do(site: Site) -> None:
    told = {row["scheme"]: row for row in (await site.read("signalling"))["others"]}
    # Three cells send 9 links x 4 sub-bands and 3 queues in fp32 and 40 bytes of fields; each gets 14 and one a vehicle back.
    assert told["full-channel-state"]["payload_bytes_per_slot"] == 3 * (9 * 4 * 4 + 3 * 4 + 40) + 3 * (14 + 3)
    assert told["full-mesh"]["payload_bytes_per_slot"] == 6 * (9 * 4 * 4 + 3 * 4 + 40)
    assert told["full-channel-state-complex"]["link_bytes_per_slot"] > told["full-channel-state"]["link_bytes_per_slot"]


async def test_the_distribution_sums_to_one_over_time_by_cell_and_by_payload(site: Site) -> None:
    told = await site.read("options/distribution")
    assert told["slots"] == [500, 1_000]
    for shares in (
        told["share"],
        [row["share"] for row in told["by_cell"]],
        [row["share"] for row in told["by_payload"]],
    ):
        np.testing.assert_allclose(np.sum(shares, axis=1), 1, atol=1e-6)
    counts = np.bincount([option_at(0, slot) for slot in range(1_000)], minlength=NUM_OPTIONS)
    np.testing.assert_allclose(told["by_cell"][0]["share"], counts / 1_000, atol=1e-6)
    assert told["by_payload"][0]["payload_bytes"] == 55_000


async def test_capacity_is_the_sum_of_its_cells(site: Site) -> None:
    told = await site.read("capacity")
    by_cell = np.array([row["capacity_bps"] for row in told["by_cell"]])
    np.testing.assert_allclose(told["sum_capacity_bps"], by_cell.sum(axis=0), rtol=1e-5)
    mean_bps = np.mean([sum(cell_capacity_bps(cell, slot) for cell in range(NUM_CELLS)) for slot in range(1_000)])
    assert told["mean_bps"] == pytest.approx(mean_bps)


async def test_delivery_counts_what_was_offered(site: Site) -> None:
    told = await site.read("delivery")
    assert told["rounds_offered"] == 90
    assert told["success"] == told["rounds_delivered"] / 90
    assert sum(row["rounds_delivered"] for row in told["by_cell"]) == told["rounds_delivered"]


async def test_signalling_layers_hold_one_another_and_the_link_layer_is_called_modelled(site: Site) -> None:
    told = await site.read("signalling")
    assert [(row["layer"], row["basis"]) for row in told["layers"]] == [
        ("payload", "counted"),
        ("http2", "counted"),
        ("link", "modelled"),
    ]
    messages = sum(kind["messages"] for kind in told["kinds"])
    payload, http2 = (row["up_bytes"] + row["down_bytes"] for row in told["layers"][:2])
    assert payload == sum(kind["payload_bytes"] for kind in told["kinds"])
    # A policy bundle is longer than one HTTP/2 frame and has the header of each.
    assert http2 == payload + 14 * messages + 9 * 3 * NUM_CELLS
    assert told["macro"] == {"csi_bytes": 48_000, "allocation_bytes": 4_000}


async def test_what_the_edge_never_saw_is_unreconciled(site: Site) -> None:
    await site.until(lambda: site.board.unreconciled == [])
    site.stack.simulator.run.ledger.record(2, 1, "FeatureReport", True, 96)
    await site.until(lambda: bool(site.board.unreconciled))
    found = (await site.read("signalling"))["unreconciled"]
    assert found == [{"cell": 2, "type": "FeatureReport", "direction": "up", "messages": 1, "payload_bytes": 96}]
    assert (await site.read("status"))["troubles"]["unreconciled_messages"] == 1


async def test_a_new_run_begins_a_new_history(site: Site) -> None:
    await site.client.post("/api/v1/control", json={"command": "reset", "seed": 9})
    await site.until(lambda: site.board.run is not None and site.board.run.response.run_epoch == 2)
    told = await site.read("capacity")
    assert (told["run_epoch"], told["slot"], told["slots"]) == (2, 0, [])
    assert (await site.read("status"))["run"]["seed"] == 9


async def test_points_are_bounded_and_the_latest_is_always_told(site: Site) -> None:
    for _ in range(10):
        site.stack.simulator.run.advance(7)
        await site.until_slot(site.stack.simulator.run.slot)
    told = await site.read("capacity", points=4)
    assert len(told["slots"]) <= 4
    assert told["slots"][-1] == 1_070


@pytest.mark.parametrize("noun", NOUNS)
async def test_readings_answer_before_any_simulator_was_heard_of(noun: str) -> None:
    stack = ScriptedStack()
    stack.sim_port = stack.edge_port = 1
    async with open_site(stack) as site:
        told = await site.read(noun)
        assert (told["connection"], told["age_s"], told["slot"]) == ("connecting", None, None)


async def test_metrics_carry_cell_type_and_direction(site: Site) -> None:
    text = (await site.client.get("/metrics")).text
    count = site.stack.simulator.run.cells[0].reports
    assert f'hiercoop_signalling_messages_total{{cell="0",direction="up",type="FeatureReport"}} {count}.0' in text
    assert "hiercoop_slots_total 1000.0" in text
    assert 'hiercoop_service_connected{service="channel_sim"} 1.0' in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/control", 405),
        ("DELETE", "/api/v1/status", 405),
        ("GET", "/api/v1/capacity?points=1", 422),
        ("GET", "/api/v1/capacity?points=many", 422),
        ("GET", "/api/v1/delivery?span=ever", 422),
    ],
)
async def test_every_refusal_is_a_problem_document(site: Site, method: str, path: str, status: int) -> None:
    answer = await site.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


async def test_a_query_out_of_bounds_is_told_with_its_value_and_bound(site: Site) -> None:
    detail = (await site.client.get("/api/v1/capacity?points=9000")).json()["detail"]
    assert "points='9000'" in detail
    assert "600" in detail


async def test_other_origins_may_read_only_where_they_are_named(stack: ScriptedStack) -> None:
    origin = {"Origin": "https://lab.example"}
    async with open_site(stack, allowed_origins="https://lab.example, https://other.example") as site:
        named = await site.client.get("/api/v1/status", headers=origin)
        assert named.headers["access-control-allow-origin"] == "https://lab.example"
        strange = await site.client.get("/api/v1/status", headers={"Origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in strange.headers


async def test_health_depends_on_no_other_service() -> None:
    stack = ScriptedStack()
    stack.sim_port = stack.edge_port = 1
    async with open_site(stack) as site:
        answer: httpx.Response = await site.client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
