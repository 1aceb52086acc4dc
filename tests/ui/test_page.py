"""What a person sees and does on the page."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path

import pytest

from tests.ui.conftest import AXE, SIZES, OpenedPage, Site, fact, slot, state_of, sync_api, until

BANDWIDTH_HZ, SLOT_S = 1e6, 1e-3
PANELS = ("map", "options", "capacity", "delivery", "signalling", "decision", "spectrum", "services", "runs")
OVERFLOWS = """() => [...document.querySelectorAll("body *")].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 || box.left < -1) && !e.closest(".scroll, .rows, .plot, .skip, .hidden");
}).map((e) => `${e.tagName}.${e.className}`)"""
OVERLAPS = """() => {
  const parts = [...document.querySelectorAll(".page-header, .panel")];
  const boxes = parts.map((e) => [e.id || "header", e.getBoundingClientRect()]);
  return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
    .filter(([, q]) => p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
    .map(([b]) => `${a} over ${b}`));
}"""


def test_first_paint_shows_vehicles_options_and_numbers(page: sync_api.Page) -> None:
    for panel in PANELS:
        state_of(page, panel, "live", "empty")
    assert re.match(r"9 vehicles|18 vehicles", page.locator(".map-legend b").inner_text())
    painted_ms = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted_ms < 3000
    assert "Mbit/s" in page.locator("#capacity .lead").inner_text()


def test_numbers_go_on_by_themselves_and_vehicles_move(page: sync_api.Page) -> None:
    before, picture = slot(page), page.evaluate("document.querySelector('canvas.map').toDataURL()")
    until(page, f"Number(document.querySelector('.facts div:nth-child(4) dd').innerText.replaceAll(',', '')) > {before}")
    until(page, f"document.querySelector('canvas.map').toDataURL() !== {json.dumps(picture)}")


def test_a_decision_on_the_page_is_consistent(page: sync_api.Page, tmp_path: Path) -> None:
    state_of(page, "decision", "live")
    page.locator("#decision table thead").last.wait_for()
    assert page.locator("#decision .step").count() == 4
    assert page.locator("#decision .outcome tbody tr").count() == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Save One decision as a CSV table").click()
    download.value.save_as(tmp_path / "decision.csv")
    with (tmp_path / "decision.csv").open(newline="") as file:
        rows = [{name: float(value or "nan") for name, value in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 3
    for row in [row for row in rows if row["Active"]]:
        sinr = row["Power (W)"] / (row["Interference (W)"] + row["Noise (W)"])
        assert row["SINR"] == pytest.approx(sinr, rel=1e-4)
        assert row["Capacity (bit/s)"] == pytest.approx(BANDWIDTH_HZ * math.log2(1 + sinr), rel=1e-4)
        sent_bits = min(row["Payload before (bit)"], row["Capacity (bit/s)"] * SLOT_S)
        assert row["Delivered (bit)"] == pytest.approx(sent_bits, rel=1e-4)
        assert row["Payload left (bit)"] == pytest.approx(row["Payload before (bit)"] - sent_bits, abs=1.0)


def test_pause_step_payload_and_start_from_the_page(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Pause").click()
    state_of(page, "capacity", "paused")
    at = slot(page)
    page.locator("#step-slots").fill("7")
    page.get_by_role("button", name="Step").click()
    until(page, f"document.querySelector('.facts div:nth-child(4) dd').innerText === ({at} + 7).toLocaleString('en')")
    page.locator("#payload-kilobytes").fill("42")
    page.get_by_role("button", name="Set", exact=True).click()
    page.locator("output", has_text="payload: from slot").wait_for()
    page.get_by_role("button", name="Start").click()
    state_of(page, "capacity", "live")
    until(page, "document.querySelector('.facts div:nth-child(7) dd').innerText.startsWith('42')")


def test_a_value_out_of_bounds_is_not_sent(page: sync_api.Page) -> None:
    page.locator("#payload-kilobytes").fill("-1")
    page.get_by_role("button", name="Set", exact=True).click()
    assert page.evaluate("document.querySelector('#payload-kilobytes:invalid') !== null")
    assert page.locator("output").count() == 0


def test_everything_is_reached_by_keys(page: sync_api.Page) -> None:
    page.keyboard.press("Space")
    state_of(page, "capacity", "paused")
    at = slot(page)
    page.keyboard.press(".")
    until(page, f"document.querySelector('.facts div:nth-child(4) dd').innerText === ({at} + 1).toLocaleString('en')")
    page.keyboard.press("Space")
    state_of(page, "capacity", "live")
    for digit, panel in enumerate(PANELS, start=1):
        page.keyboard.press(str(digit))
        assert page.evaluate("document.activeElement.id") == panel
    for key, cell in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        until(page, f"new URLSearchParams(location.search).get('cell') === '{cell}'")
    page.keyboard.press("3")
    page.keyboard.press("t")
    page.locator("#capacity table").first.wait_for()
    page.keyboard.press("t")
    page.keyboard.press("ArrowLeft")
    until(page, "/at [\\d.]+\\ss/.test(document.querySelector('#capacity .lead').innerText)")
    page.keyboard.press("Escape")
    until(page, "/sum now/.test(document.querySelector('#capacity .lead').innerText)")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")


def test_arrow_keys_on_the_map_select_what_lies_there(page: sync_api.Page) -> None:
    page.locator("canvas.map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    until(page, "/[?&](cell|vehicle)=/.test(location.search)")
    assert "Nothing selected" not in page.locator(".map-legend b").inner_text()


def test_tab_reaches_controls_and_panels_with_a_visible_focus(page: sync_api.Page) -> None:
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.closest('.panel')?.id ?? ''"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert {"map", "options", "capacity"} <= seen


def test_a_chart_is_saved_as_picture_and_as_table(page: sync_api.Page, tmp_path: Path) -> None:
    for name, start in (("PNG picture", b"\x89PNG"), ("CSV table", b"Simulated time (s),sum (Mbit/s),cell 0 (Mbit/s)")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save Capacity as a {name}").click()
        download.value.save_as(tmp_path / "saved")
        assert (tmp_path / "saved").read_bytes().startswith(start)


def test_the_address_holds_the_view(browser: sync_api.Browser, site: Site) -> None:
    with OpenedPage(browser, site, query="?span=run&cell=2&tables=capacity&options=payload") as page:
        assert page.locator("#capacity table").count() == 1
        assert page.get_by_role("button", name="whole run").get_attribute("aria-pressed") == "true"
        assert page.locator("#decision select").input_value() == "2"
        assert page.locator("#options .lead").inner_text().startswith("Share of slots by option at each payload")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_overflows_or_overlaps(browser: sync_api.Browser, site: Site, size: str) -> None:
    with OpenedPage(browser, site, size) as page:
        page.locator("#decision .outcome").wait_for()
        assert page.evaluate(OVERFLOWS) == []
        assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_axe_finds_no_violation(browser: sync_api.Browser, site: Site, size: str, theme: str) -> None:
    with OpenedPage(browser, site, size, theme) as page:
        page.locator("#decision .outcome").wait_for()
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})")
        assert [(one["id"], [node["target"] for node in one["nodes"]][:4]) for one in found["violations"]] == []


def test_the_theme_is_chosen_and_kept(page: sync_api.Page) -> None:
    for theme in ("light", "dark"):
        page.get_by_role("button", name=re.compile("^Theme")).click()
        assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.reload()
    state_of(page, "capacity", "live")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert fact(page, "Seed") == "1"
