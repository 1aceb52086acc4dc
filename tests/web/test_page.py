"""The page over HTTP: built, not built, and what browsers are told about both."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from services.upper_edge.web import page
from tests.web.conftest import Site

pytestmark = pytest.mark.processes


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which the built page is looked for; empty."""
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(page, "BUILT", tmp_path)
    return tmp_path


def allows_nothing_from_elsewhere(answer: httpx.Response) -> bool:
    """Whether browsers are told to load nothing from other hosts, nor to run what stands in the page."""
    policy = answer.headers["content-security-policy"]
    return "default-src 'none'" in policy and "unsafe" not in policy and "access-control-allow-origin" not in answer.headers


async def test_a_page_that_is_not_built_says_how_to_build_it(site: Site, built: Path) -> None:
    answer = await site.client.get("/")
    assert answer.status_code == 200
    assert "make ui" in answer.text
    assert allows_nothing_from_elsewhere(answer)
    style = await site.client.get("/unbuilt.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_a_page_that_is_built_later_is_served_without_a_restart(site: Site, built: Path) -> None:
    (built / "index.html").write_text("<title>built</title>")
    (built / "assets" / "page-1a2b.js").write_text("0")
    page_answer, script = await site.client.get("/"), await site.client.get("/assets/page-1a2b.js")
    assert page_answer.text == "<title>built</title>"
    assert page_answer.headers["cache-control"] == "no-store"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert all(allows_nothing_from_elsewhere(answer) for answer in (page_answer, script))


@pytest.mark.parametrize("name", ["gone.js", "..%2Findex.html", "%2e%2e%2findex.html", "index.html", "secret.txt"])
async def test_only_files_of_the_built_page_are_served(site: Site, built: Path, name: str) -> None:
    (built / "index.html").write_text("built")
    (built / "assets" / "secret.txt").write_text("secret")
    answer = await site.client.get(f"/assets/{name}", follow_redirects=False)
    assert answer.status_code == 404
