"""Kept runs on the page: picked beside the present one, on the same axes."""

from __future__ import annotations

from tests.ui.conftest import Site, fact, state_of, sync_api, until


def test_an_ended_run_is_compared_with_the_present_one(page: sync_api.Page, site: Site) -> None:
    page.get_by_role("button", name="Reset", exact=True).click()
    until(page, "document.querySelectorAll('#runs tbody tr').length === 2")
    page.locator("#runs tbody tr", has_text="ended").wait_for()
    assert fact(page, "Run") in page.locator("#runs tbody tr", has_text="running").inner_text()
    site.stack.goes_on(500)
    for checkbox in page.locator("#runs input[type=checkbox]").all():
        checkbox.check()
    page.locator("#runs .lead", has_text="2 runs, Student's t").wait_for()
    names = page.locator("#runs .legend li").all_inner_texts()
    assert [name.split("\n")[0].split(",")[0] for name in names][2:] == ["mean", "95 % low", "95 % high"]
    page.reload()
    state_of(page, "runs", "live")
    page.locator("#runs .lead", has_text="2 runs, Student's t").wait_for()
    page.get_by_role("button", name="delivery success", exact=True).click()
    page.locator("#runs .lead", has_text="mean delivery success over whole runs").wait_for()


def test_a_run_is_copied_as_the_command_that_repeats_it(page: sync_api.Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as command").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("hiercoop ")
