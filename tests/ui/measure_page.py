"""`python -m tests.ui.measure_page`: size and first paint of the page, and how often its map is drawn; one JSON object.

Chromium runs headless and without a GPU. The map is measured twice: before a scripted simulator, which leaves the processor to
the browser, and beside the whole stack in lock-step, which takes all that it can get of the same cores.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright import sync_api

from hiercoop.cli.machine import describe_machine
from services.upper_edge.web.page import BUILT
from tests.ui.conftest import CHROMIUM, FLAGS, SIZES
from tests.web.whole_stack import ROOT, whole_stack

MANY_VEHICLES = 600
FIRST_SLOT = 300
COUNT_FRAMES = """() => {
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  window.frames_drawn = 0;
  CanvasRenderingContext2D.prototype.drawImage = function (...picture) {
    if (this.canvas.classList.contains("map")) window.frames_drawn += 1;
    return draw.apply(this, picture);
  };
}"""
"""The roads are copied onto the map once a frame."""
FIRST_MOTION_MS = """() => {
  window.moved_ms = null;
  let before = null;
  const look = () => {
    const canvas = document.querySelector("canvas.map");
    const picture = canvas && window.frames_drawn > 0 ? canvas.toDataURL() : null;
    if (picture && before && picture !== before) { window.moved_ms = performance.now(); return; }
    before = picture;
    setTimeout(look, 100);
  };
  look();
}"""
FIRST_PAINT_MS = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def script_bytes() -> dict[str, int]:
    """The page's JavaScript as it is served, and gzipped."""
    scripts = [path.read_bytes() for path in (BUILT / "assets").glob("*.js")]
    return {"served": sum(map(len, scripts)), "gzipped": sum(len(gzip.compress(script)) for script in scripts)}


def opened(browser: sync_api.Browser, url: str) -> sync_api.Page:
    """A page of a browser that has never seen it."""
    width, height = SIZES["laptop"]
    page = browser.new_context(viewport=sync_api.ViewportSize(width=width, height=height)).new_page()
    page.add_init_script(f"({COUNT_FRAMES})(); ({FIRST_MOTION_MS})();")
    page.goto(url)
    return page


def times_to_see(browser: sync_api.Browser, url: str, loads: int) -> dict[str, object]:
    """When something is painted first, and when vehicles are seen to move, from the begin of the navigation on."""
    painted_ms, moved_ms = [], []
    for _ in range(loads):
        page = opened(browser, url)
        while page.evaluate("window.moved_ms") is None:
            page.wait_for_timeout(50)
        painted_ms.append(page.evaluate(FIRST_PAINT_MS))
        moved_ms.append(page.evaluate("window.moved_ms"))
        page.context.close()
    return {"loads": loads, "first_contentful_paint_ms": spread(painted_ms), "vehicles_move_after_ms": spread(moved_ms)}


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def frames(browser: sync_api.Browser, url: str, seconds: float) -> dict[str, object]:
    """How often the map is drawn in a second, over whole seconds."""
    page = opened(browser, url)
    page.wait_for_selector('#map[data-state="live"]')
    page.wait_for_timeout(2000)
    rates = []
    for _ in range(int(seconds)):
        drawn, began_s = page.evaluate("window.frames_drawn"), time.monotonic()
        page.wait_for_timeout(1000)
        rates.append((page.evaluate("window.frames_drawn") - drawn) / (time.monotonic() - began_s))
    page.context.close()
    vehicles = httpx.get(f"{url}api/v1/vehicles").raise_for_status().json()["id"]
    return {"vehicles": len(vehicles), "frames_per_s": spread(rates)}


@contextmanager
def scripted_site(num_vehicles: int) -> Iterator[str]:
    """The address of the page before a simulator that leaves the processor to the browser."""
    command = [sys.executable, "-m", "tests.web.scripted_site", str(num_vehicles)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield f"{started.stdout.readline().strip()}/" if started.stdout else ""
        started.communicate(timeout=30)


def measure(loads: int, seconds: float, trace: Path | None) -> dict[str, object]:
    """The whole result."""
    found: dict[str, object] = {"machine": describe_machine(), "javascript_bytes": script_bytes()}
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        found["chromium"] = browser.version
        with scripted_site(MANY_VEHICLES) as url:
            found["map_alone"] = frames(browser, url, seconds)
        for name, options in {"grid": [], **({"trace": ["--mobility", str(trace)]} if trace else {})}.items():
            with tempfile.TemporaryDirectory() as directory, whole_stack(Path(directory), *options) as stack:
                stack.until_slot(FIRST_SLOT)
                times = times_to_see(browser, stack.url, loads)
                found[f"{name}_beside_the_stack"] = {**times, **frames(browser, stack.url, seconds)}
        browser.close()
    return found


def main() -> None:
    """Measures and writes one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.ui.measure_page", description=__doc__)
    parser.add_argument("--loads", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--mobility", type=Path, metavar="TRACE", help="also with the vehicles of this SUMO trace")
    options = parser.parse_args()
    sys.stdout.write(json.dumps(measure(options.loads, options.seconds, options.mobility), indent=1) + "\n")


if __name__ == "__main__":
    main()
