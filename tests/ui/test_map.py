"""The map is enlarged and moved in every way that the page offers, and the address keeps what is looked at."""

from __future__ import annotations

from tests.ui.conftest import OpenedPage, Site, sync_api, until

SIGHT = "new URLSearchParams(location.search).get('map')"
PINCH = """() => {
  const canvas = document.querySelector("canvas.map");
  const corner = canvas.getBoundingClientRect();
  const finger = (identifier, x, y) => new Touch({ identifier, target: canvas, clientX: corner.x + x, clientY: corner.y + y });
  const send = (name, touches) => canvas.dispatchEvent(new TouchEvent(name, { touches, cancelable: true, bubbles: true }));
  send("touchstart", [finger(0, 100, 100), finger(1, 200, 100)]);
  send("touchmove", [finger(0, 50, 100), finger(1, 250, 100)]);
  send("touchend", []);
}"""


def sight(page: sync_api.Page) -> tuple[float, float, float]:
    """How far the map is enlarged, and what lies in its middle [m]."""
    until(page, f"{SIGHT} !== null")
    scale, x_m, y_m = map(float, page.evaluate(SIGHT).split("_"))
    return scale, x_m, y_m


def test_the_wheel_enlarges_about_the_pointer_and_a_drag_moves(page: sync_api.Page) -> None:
    box = page.locator("canvas.map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -600)
    scale, x_m, y_m = sight(page)
    assert scale > 2
    assert x_m > 1299 / 2
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    until(page, f"Number({SIGHT}.split('_')[1]) > {x_m}")
    assert sight(page)[::2] == (scale, y_m)
    assert "Nothing selected" in page.locator(".map-legend b").inner_text()
    page.locator("canvas.map").dblclick()
    until(page, f"{SIGHT} === null")


def test_two_fingers_enlarge(page: sync_api.Page) -> None:
    page.evaluate(PINCH)
    assert sight(page)[0] == 2


def test_buttons_enlarge_shrink_and_show_the_whole(page: sync_api.Page) -> None:
    assert page.get_by_role("button", name="Shrink the map").is_disabled()
    for _ in range(2):
        page.get_by_role("button", name="Enlarge the map").click()
    assert sight(page)[0] == 2.56
    page.get_by_role("button", name="Shrink the map").click()
    until(page, f"{SIGHT}.startsWith('1.6_')")
    page.get_by_role("button", name="Show the whole map").click()
    until(page, f"{SIGHT} === null")


def test_keys_enlarge_move_and_show_the_whole(page: sync_api.Page) -> None:
    page.locator("canvas.map").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    _, x_m, _ = sight(page)
    page.keyboard.press("Shift+ArrowRight")
    until(page, f"Number({SIGHT}.split('_')[1]) > {x_m}")
    page.keyboard.press("0")
    until(page, f"{SIGHT} === null")


def test_what_is_selected_out_of_sight_is_brought_into_sight(browser: sync_api.Browser, site: Site) -> None:
    with OpenedPage(browser, site, query="?map=10_50_50") as page:
        until(page, "document.querySelector('#decision select') !== null")
        page.locator("#decision select").select_option("2")
        until(page, f"{SIGHT} === '10_433_500'")
