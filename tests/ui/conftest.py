"""The page in a real browser, before a real stack: simulator, edge, three agents and the web process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

try:
    from playwright import sync_api
except ImportError:
    sync_api = None  # type: ignore[assignment]

from services.upper_edge.web.page import BUILT, UI
from tests.services.stack import PATIENCE_S, ROOT, Stack, free_port, running_stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUICK = "test_first_look.py"
"""What every test run does; the rest is for `make browser-test`."""
SIZES = {"laptop": (1280, 800), "desk": (1920, 1080), "phone": (390, 844)}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what opens a browser, all but one file of it as slow, and skips it where there is none or no page."""
    lacks = what_is_missing()
    for item in items:
        path = Path(item.path)
        if path.parent == Path(__file__).parent:
            for mark in (pytest.mark.processes, pytest.mark.browser):
                item.add_marker(mark)
            if path.name != QUICK:
                item.add_marker(pytest.mark.slow)
            if lacks:
                item.add_marker(pytest.mark.skip(reason=lacks))


def what_is_missing() -> str:
    """Why no browser can look at the page; empty: one can."""
    if sync_api is None:
        return "playwright is not installed"
    if CHROMIUM is None:
        return "there is no chromium"
    return "" if BUILT.is_dir() else "the page is not built: make ui"


class Site:
    """A stack with the web process before it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.runs_db = stack.directory / "runs.sqlite"

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Starts the web process and waits until it answers."""
        settings = {"HTTP_PORT": str(self.port), "RUNS_DB": str(self.runs_db)}
        with (self.stack.directory / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.upper_edge.web"],
                cwd=ROOT,
                env=os.environ | self.stack.environment | settings,
                stdout=log,
                stderr=log,
            )
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            try:
                if httpx.get(f"{self.url}healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"the web process does not answer\n{self.stack.logs()}")

    def kill(self) -> None:
        """Ends the web process at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose run goes on through all tests of a file."""
    with running_site(tmp_path_factory.mktemp("site")) as found:
        found.stack.until_slot(150)
        yield found


@contextmanager
def running_site(directory: Path, **simulator: object) -> Iterator[Site]:
    """A stack, with these settings of its processes, and the web process before it."""
    with running_stack(directory, **simulator) as stack:
        found = Site(stack)
        try:
            found.start()
            yield found
        finally:
            found.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """A headless Chromium."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: sync_api.Browser, site: Site) -> Iterator[sync_api.Page]:
    """The page, live, on a laptop's screen; it must log no error, and ask nothing of any other host."""
    with OpenedPage(browser, site) as found:
        yield found


class OpenedPage:
    """A page in one of these states; on leaving, that it logged no error and asked nothing of any other host."""

    states: tuple[str, ...] = ("live", "paused", "partial")

    def __init__(
        self, browser: sync_api.Browser, site: Site, size: str = "laptop", theme: str = "light", query: str = ""
    ) -> None:
        width, height = SIZES[size]
        viewport = sync_api.ViewportSize(width=width, height=height)
        self.page = browser.new_page(viewport=viewport, color_scheme="dark" if theme == "dark" else "light")
        self.page.set_default_timeout(30e3)
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.site = site
        self.query = query

    def __enter__(self) -> sync_api.Page:
        self.page.goto(self.site.url + self.query)
        state_of(self.page, "capacity", *self.states)
        return self.page

    def __exit__(self, kind: object, *_: object) -> None:
        self.page.close()
        if kind is None:
            # A server that was killed on purpose is a failed request, which browsers log by themselves.
            assert [text for text in self.errors if "net::ERR_" not in text] == []
            assert {host for host in self.hosts if host} == {f"127.0.0.1:{self.site.port}"}


def state_of(page: sync_api.Page, panel: str, *names: str) -> None:
    """Waits until the panel is in one of these states."""
    page.wait_for_selector(",".join(f'#{panel}[data-state="{name}"]' for name in names), state="attached")


def until(page: sync_api.Page, expression: str) -> None:
    """Waits until the expression holds on the page."""
    # Not wait_for_function: it evaluates in the page, which the content security policy forbids.
    deadline_s = time.monotonic() + 30.0
    while not page.evaluate(expression):
        assert time.monotonic() < deadline_s, expression
        page.wait_for_timeout(100)


def fact(page: sync_api.Page, name: str) -> str:
    """A fact of the header."""
    return page.locator(".facts div", has=page.locator(f"dt:text-is('{name}')")).locator("dd").inner_text().replace("\xa0", " ")


def slot(page: sync_api.Page) -> int:
    """The slot that the header shows."""
    return int(fact(page, "Slot").replace(",", ""))


AXE = UI / "node_modules" / "axe-core" / "axe.min.js"
