"""The page in short, on every test run: it paints, goes on by itself, and takes a command."""

from __future__ import annotations

from tests.ui.conftest import fact, slot, state_of, sync_api, until

VEHICLES_MOVE = """async () => {
  const canvas = document.querySelector("canvas.map");
  const before = canvas.toDataURL();
  await new Promise((go) => setTimeout(go, 500));
  return canvas.toDataURL() !== before;
}"""


def test_a_person_sees_the_run_go_on_and_pauses_it(page: sync_api.Page) -> None:
    for panel in ("map", "options", "capacity", "signalling"):
        state_of(page, panel, "live")
    until(page, VEHICLES_MOVE)
    before = slot(page)
    until(page, f"Number(document.querySelector('.facts div:nth-child(4) dd').innerText.replaceAll(',', '')) > {before}")
    assert "Mbit/s" in page.locator("#capacity .lead").inner_text()
    page.get_by_role("button", name="Pause").click()
    page.locator("output", has_text="pause: from slot").wait_for()
    state_of(page, "map", "paused")
    assert fact(page, "Seed") == "1"
