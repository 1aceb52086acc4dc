"""Charts over time share crosshair and zoom."""

from __future__ import annotations

from tests.ui.conftest import sync_api, until

ZOOM = "new URLSearchParams(location.search).get('zoom')"
CROSSHAIR = "new DOMMatrix(getComputedStyle(document.querySelector('#{panel} .u-cursor-x')).transform).e"


def over(page: sync_api.Page, share: float) -> tuple[float, float]:
    """A place over the capacity chart, so far from its left."""
    box = page.locator("#capacity .u-over").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


def test_a_drag_enlarges_all_charts_and_a_double_click_resets_them(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Pause").click()
    page.locator("#capacity").scroll_into_view_if_needed()
    page.mouse.move(*over(page, 0.3))
    page.mouse.down()
    page.mouse.move(*over(page, 0.6), steps=5)
    page.mouse.up()
    until(page, f"{ZOOM} !== null")
    low_s, high_s = map(float, page.evaluate(ZOOM).split("-"))
    assert 0 <= low_s < high_s
    page.mouse.dblclick(*over(page, 0.5))
    until(page, f"{ZOOM} === null")
    page.get_by_role("button", name="Start").click()


def test_the_crosshair_stands_at_the_same_time_in_all_charts(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Pause").click()
    page.locator("#capacity").scroll_into_view_if_needed()
    page.mouse.move(*over(page, 0.5))
    for panel in ("options", "signalling"):
        until(page, f"{CROSSHAIR.format(panel=panel)} > 0")
    until(page, "/at [\\d.]+\\ss/.test(document.querySelector('#signalling .lead').innerText)")
    page.get_by_role("button", name="Start").click()
