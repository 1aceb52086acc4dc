"""What the page shows while something is away: never an old number as if it were of now."""

from __future__ import annotations

import signal

from tests.ui.conftest import Site, slot, state_of, sync_api

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
