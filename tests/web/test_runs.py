"""Runs are kept in SQLite, come back after a restart or a kill, and no fault of the file stops anything."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hiercoop.errors import InputFileError
from services.upper_edge.web.run_database import KeptRun, RunDatabase
from tests.web.conftest import Site, open_site
from tests.web.scripted import ScriptedStack

pytestmark = pytest.mark.processes

RUNS, CONTROL = "/api/v1/runs", "/api/v1/control"


async def kept(site: Site, count: int = 1) -> list[dict[str, object]]:
    """The runs in the file, once they are as many."""
    storage = site.board.storage
    await site.until(lambda: storage.num_runs >= count, 20)
    return list((await site.client.get(RUNS)).json()["runs"])


async def advance(site: Site, slots: int = 500) -> None:
    run = site.stack.simulator.run
    run.advance(slots)
    await site.until_slot(run.slot)


async def test_a_run_that_another_takes_the_place_of_is_kept_with_its_series(stack: ScriptedStack, tmp_path: Path) -> None:
    async with open_site(stack, runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(0)
        for _ in range(3):
            await advance(site)
        await kept(site)
        await site.client.post(CONTROL, json={"command": "reset", "seed": 11})
        rows = await kept(site, 2)
        assert [(row["seed"], row["state"], row["slots"]) for row in rows] == [(11, "running", 0), (7, "ended", 1_500)]
        detail = (await site.client.get(f"{RUNS}/{rows[1]['id']}")).json()
        assert detail["summary"] == rows[1]
        assert detail["series"]["slots"] == [500, 1_000, 1_500]
        capacity = detail["series"]["sum_capacity_bps"]
        assert sum(capacity) / 3 == pytest.approx(rows[1]["mean_capacity_bps"], rel=1e-6)
        assert len(detail["series"]["cell_capacity_bps"]) == 3


async def test_runs_that_follow_each_other_between_two_looks_are_all_kept(
    stack: ScriptedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.upper_edge.web.run_store.TICK_S", 2.0)
    async with open_site(stack, runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(0)
        await kept(site)
        for seed in (11, 12):
            await site.client.post(CONTROL, json={"command": "reset", "seed": seed})
            await site.until(lambda: site.board.run is not None and site.board.run.response.seed == seed)  # noqa: B023
        rows = await kept(site, 3)
    assert [(row["seed"], row["state"]) for row in rows] == [(12, "running"), (11, "ended"), (7, "ended")]


async def test_a_run_that_is_watched_again_after_a_restart_keeps_what_was_watched_before(
    stack: ScriptedStack, tmp_path: Path
) -> None:
    path = tmp_path / "runs.sqlite"
    for _ in range(2):
        async with open_site(stack, runs_db=path) as site:
            await site.until_slot(stack.simulator.run.slot)
            await kept(site)
            for _ in range(2):
                await advance(site)
    async with open_site(stack, runs_db=path) as site:
        await site.until_slot(2_000)
        (row,) = await kept(site)
        detail = (await site.client.get(f"{RUNS}/{row['id']}")).json()
    assert row["state"] == "running"
    assert detail["series"]["slots"] == [500, 1_000, 1_500, 2_000]


async def test_a_run_whose_simulator_is_gone_is_interrupted_and_its_data_stay(
    stack: ScriptedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.upper_edge.web.run_store.LOST_AFTER_S", 0.3)
    async with open_site(stack, runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(0)
        await advance(site)
        await kept(site)
        await stack.stop()
        async with asyncio.timeout(10):
            while (await kept(site))[0]["state"] != "interrupted":
                await asyncio.sleep(0.1)
        with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
            await site.until(lambda: connection.execute("SELECT state FROM runs").fetchone() == ("interrupted",))
        connection.close()
        assert (await site.client.post(CONTROL, json={"command": "start"})).status_code == 503
        assert (await site.read("capacity"))["slots"] == [500]


async def test_a_run_of_a_simulator_that_came_back_anew_was_interrupted_not_ended(stack: ScriptedStack, tmp_path: Path) -> None:
    async with open_site(stack, runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(0)
        await advance(site)
        await kept(site)
        stack.simulator.run.process += 1
        rows = await kept(site, 2)
    assert sorted(str(row["state"]) for row in rows) == ["interrupted", "running"]


async def test_a_finished_run_is_written_as_finished(stack: ScriptedStack, tmp_path: Path) -> None:
    async with open_site(stack, runs_db=tmp_path / "runs.sqlite") as site:
        await site.until_slot(0)
        await kept(site)
        stack.simulator.run.state = "finished"
        await site.until(lambda: site.board.run is not None and site.board.run.response.state == "finished")
        assert (await kept(site))[0]["state"] == "finished"


def a_run(number: int, size_bytes: int = 100) -> KeptRun:
    return KeptRun(f"{number:032x}", "running", float(number), float(number), "{}", "{}", "", os.urandom(size_bytes))


def test_the_oldest_runs_go_first_where_there_are_too_many(tmp_path: Path) -> None:
    database = RunDatabase(tmp_path / "runs.sqlite", 3, 2**30)
    for number in range(6):
        database.write(a_run(number))
    assert [int(row.id, 16) for row in database.all()] == [5, 4, 3]
    database.close()


def test_the_oldest_runs_go_first_where_they_are_too_large_and_the_file_shrinks(tmp_path: Path) -> None:
    database = RunDatabase(tmp_path / "runs.sqlite", 200, 500_000)
    for number in range(30):
        database.write(a_run(number, 50_000))
    assert database.used_bytes() <= 500_000
    assert 5 <= database.count() < 10
    assert int(database.all()[0].id, 16) == 29
    database.close()
    assert (tmp_path / "runs.sqlite").stat().st_size <= 600_000


def test_a_run_that_is_being_written_never_goes_however_old_it_is(tmp_path: Path) -> None:
    database = RunDatabase(tmp_path / "runs.sqlite", 2, 2**30)
    for number in (5, 6, 1):
        database.write(a_run(number))
    assert [int(row.id, 16) for row in database.all()] == [6, 1]
    database.close()


def test_a_run_that_nobody_writes_to_any_more_is_interrupted(tmp_path: Path) -> None:
    database = RunDatabase(tmp_path / "runs.sqlite", 9, 2**30)
    for number in (10, 20, 30):
        database.write(a_run(number))
    database.interrupt(current=f"{10:032x}", heard_before_unix_s=25.0)
    assert {int(row.id, 16): row.state for row in database.all()} == {10: "running", 20: "interrupted", 30: "running"}
    database.close()


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database at all, " * 400)


def damage_page(path: Path) -> None:
    database = RunDatabase(path, 200, 2**30)
    for number in range(40):
        database.write(a_run(number, 9_000))
    database.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 12] = os.urandom(4096 * 10)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [damage_header, damage_page])
async def test_a_damaged_file_is_told_left_alone_and_stops_nothing(
    stack: ScriptedStack, tmp_path: Path, damage: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.upper_edge.web.run_store.RETRY_S", 0.3)
    path = tmp_path / "runs.sqlite"
    damage(path)  # type: ignore[operator]
    before = path.read_bytes()
    async with open_site(stack, runs_db=path) as site:
        await site.until(lambda: site.board.storage.state == "failed")
        await advance(site)
        status = await site.read("status")
        assert str(path) in status["storage"]["detail"]
        assert "move" in status["storage"]["detail"]
        assert status["connection"] == "live"
        answer = (await site.client.get(RUNS)).json()
        assert [row["slots"] for row in answer["runs"]] == [500]
        assert (await site.client.get(f"{RUNS}/{'0' * 32}")).status_code == 503
        assert (await site.client.post(CONTROL, json={"command": "step", "slots": 5})).status_code == 200
        assert path.read_bytes() == before
        path.unlink()
        assert (await kept(site))[0]["slots"] == 505
        assert site.board.storage.state == "kept"
        assert site.board.storage.detail == ""


async def test_a_full_disk_is_told_what_was_kept_stays_readable_and_nothing_stops(
    stack: ScriptedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.upper_edge.web.run_store.RETRY_S", 0.3)
    path = tmp_path / "runs.sqlite"
    database = RunDatabase(path, 200, 2**30)
    database.write(a_run(1, 20_000))
    database.close()
    opened = RunDatabase.__init__

    def open_full(self: RunDatabase, *given: object) -> None:
        opened(self, *given)  # type: ignore[arg-type]
        self._connection.execute("PRAGMA max_page_count = 1")

    with monkeypatch.context() as full:
        full.setattr(RunDatabase, "__init__", open_full)
        async with open_site(stack, runs_db=path) as site:
            await advance(site)
            await site.until(lambda: "full" in site.board.storage.detail)
            assert (await site.read("status"))["storage"]["state"] == "failed"
            assert (await site.client.post(CONTROL, json={"command": "step", "slots": 5})).status_code == 200
    check = sqlite3.connect(path)
    assert check.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    check.close()


async def test_without_a_file_only_the_run_in_hand_is_told(site: Site) -> None:
    answer = (await site.client.get(RUNS)).json()
    assert answer["storage"]["state"] == "off"
    (row,) = answer["runs"]
    assert (row["id"], row["slots"]) == (answer["current"], 1_000)
    assert (await site.client.get(f"{RUNS}/{'0' * 32}")).status_code == 404
    assert (await site.client.get(f"{RUNS}/{row['id']}")).json()["series"]["slots"] == [500, 1_000]


async def test_runs_survive_a_kill_of_the_web_process(stack: ScriptedStack, tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    environment = os.environ | {
        "SIM_ADDR": f"127.0.0.1:{stack.sim_port}",
        "EDGE_ADDR": f"127.0.0.1:{stack.edge_port}",
        "HTTP_PORT": "0",
        "RUNS_DB": str(path),
    }
    stack.simulator.run.advance(700)
    process = subprocess.Popen([sys.executable, "-m", "services.upper_edge.web"], env=environment, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(30):
            while not path.exists() or not has_row(path):
                await asyncio.sleep(0.1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    async with open_site(stack, runs_db=path) as site:
        await site.until_slot(700)
        (row,) = await kept(site)
        assert (row["slots"], row["state"]) == (700, "running")
    interrupted = RunDatabase(path, 200, 2**30)
    interrupted.interrupt(None, time.time() + 60)
    assert [run.state for run in interrupted.all()] == ["interrupted"]
    interrupted.close()


def has_row(path: Path) -> bool:
    with sqlite3.connect(path, timeout=5) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone()[0]
        found = bool(tables) and connection.execute("SELECT count(*) FROM runs").fetchone()[0] > 0
    connection.close()
    return found


def test_a_file_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(InputFileError, match="format 99"):
        RunDatabase(path, 200, 2**30)
