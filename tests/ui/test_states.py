"""What the page shows while something is away: never an old number as if it were of now."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx

from tests.services.stack import Stack
from tests.ui.conftest import OpenedPage, Site, running_site, slot, state_of, sync_api, until

COMMANDS = ("Pause", "Set", "Reset")
RUN_PANELS = ("map", "options", "capacity", "delivery", "signalling", "decision", "spectrum")


def looks_old(page: sync_api.Page, panel: str) -> bool:
    """Whether the panel's body is greyed."""
    return "grayscale" in page.evaluate(f"getComputedStyle(document.querySelector('#{panel} .body')).filter")


def test_a_frozen_simulator_is_stale_and_comes_back_live(page: sync_api.Page, site: Site) -> None:
    site.stack.signal("sim", signal.SIGSTOP)
    try:
        for panel in RUN_PANELS:
            state_of(page, panel, "stale", "reconnecting")
            assert looks_old(page, panel)
        assert page.get_by_role("button", name="Pause").is_disabled()
        page.locator("#capacity .badge", has_text="last update").wait_for()
        assert "now" not in page.locator("#capacity .lead").inner_text()
    finally:
        site.stack.signal("sim", signal.SIGCONT)
    for panel in RUN_PANELS:
        state_of(page, panel, "live")
    assert not looks_old(page, "capacity")


def test_a_killed_server_is_reconnecting_and_comes_back_live(page: sync_api.Page, site: Site) -> None:
    before = slot(page)
    site.kill()
    for panel in (*RUN_PANELS, "services"):
        state_of(page, panel, "reconnecting")
        assert looks_old(page, panel)
    site.start()
    for panel in RUN_PANELS:
        state_of(page, panel, "live")
    assert slot(page) > before


def test_one_cell_without_an_agent_is_partial(page: sync_api.Page, site: Site) -> None:
    cell = site.stack.cell_of("agent1")
    site.stack.signal("agent1", signal.SIGKILL)
    state_of(page, "map", "partial")
    assert f"cell {cell}" in page.locator("#map .badge").inner_text()
    assert not looks_old(page, "map")
    site.stack.start("agent1")
    state_of(page, "map", "live")


class EarlyPage(OpenedPage):
    """A page that is opened before there is any run."""

    states = ("connecting",)


class FinishedPage(OpenedPage):
    """A page that is opened after its run has ended."""

    states = ("finished",)


def test_without_the_simulator_the_last_data_stay_and_its_run_is_interrupted(page: sync_api.Page, site: Site) -> None:
    before = slot(page)
    site.stack.signal("sim", signal.SIGKILL)
    for panel in RUN_PANELS:
        state_of(page, panel, "reconnecting")
        assert looks_old(page, panel)
    assert slot(page) >= before
    assert all(page.get_by_role("button", name=name, exact=name != "Pause").is_disabled() for name in COMMANDS)
    refusal = httpx.post(f"{site.url}api/v1/control", json={"command": "pause"})
    assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "1")
    page.locator("#runs tbody tr", has_text="interrupted").wait_for(timeout=60e3)
    site.stack.start("sim")
    for panel in RUN_PANELS:
        state_of(page, panel, "live")
    page.locator("#runs tbody tr", has_text="running").wait_for()


def test_without_the_edge_the_services_panel_says_so_and_slots_go_on(page: sync_api.Page, site: Site) -> None:
    site.stack.signal("edge", signal.SIGKILL)
    page.locator("#services tbody tr", has_text="unreachable").wait_for()
    page.locator(".health .unreachable", has_text="edge").wait_for()
    before = slot(page)
    until(page, f"Number(document.querySelector('.facts div:nth-child(4) dd').innerText.replaceAll(',', '')) > {before}")
    site.stack.start("edge")
    page.locator(".health .serving", has_text="edge").wait_for()
    assert page.locator("#services tbody tr", has_text="unreachable").count() == 0


def test_a_page_before_its_run_is_connecting_and_its_empty_database_says_what_to_do(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    site = Site(Stack(tmp_path))
    try:
        site.start()
        with EarlyPage(browser, site) as page:
            for panel in RUN_PANELS:
                state_of(page, panel, "connecting")
            state_of(page, "runs", "empty")
            assert "A run is kept when it ends" in page.locator("#runs .advice").inner_text()
            site.stack.start_all()
            for panel in (*RUN_PANELS, "runs"):
                state_of(page, panel, "live")
    finally:
        site.kill()
        site.stack.close()


def test_a_finished_run_and_a_damaged_database_are_told(browser: sync_api.Browser, tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").write_bytes(b"this is no database" * 100)
    with running_site(tmp_path, max_slots=400) as site:
        site.stack.until_slot(400)
        with FinishedPage(browser, site) as page:
            for panel in RUN_PANELS:
                state_of(page, panel, "finished")
                assert not looks_old(page, panel)
            page.locator(".notice", has_text="Run finished. Reset begins a new one.").wait_for()
            state_of(page, "runs", "failed")
            assert "file is not a database" in page.locator("#runs").inner_text()
            page.get_by_role("button", name="Reset", exact=True).click()
            state_of(page, "capacity", "live")
