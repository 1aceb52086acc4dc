"""What a person tells the run from the page, and sees come of it."""

from __future__ import annotations

import pytest

from tests.ui.conftest import OpenedPage, Site, fact, state_of, sync_api, until

SLOTS_A_PAYLOAD = 3000
SHIFT_PERCENT = 15.0


def until_fact(page: sync_api.Page, number: int, text: str) -> None:
    """Waits until a fact of the header, by its place from 1, begins with this."""
    until(page, f"document.querySelector('.facts div:nth-child({number}) dd').innerText.startsWith('{text}')")


def follow(page: sync_api.Page, policy: str) -> None:
    """Has the run follow this policy of the shelf."""
    if fact(page, "Policy") != policy:
        page.locator("#policy").select_option(label=policy)
        page.get_by_role("button", name="New run").click()
        until_fact(page, 2, policy)


def shares_percent(page: sync_api.Page) -> dict[float, list[float]]:
    """Shares of the options by payload in bytes, as the panel's table has them."""
    rows = page.locator("#options tbody tr").all_inner_texts()
    cells = [[float(cell.replace(",", "")) for cell in row.split("\t")] for row in rows]
    return {row[0]: row[1:] for row in cells}


def test_another_policy_is_followed_by_all_in_a_new_run(page: sync_api.Page) -> None:
    run = fact(page, "Run")
    assert fact(page, "Policy") == "bundle"
    follow(page, "default")
    page.locator("output", has_text="policy: from slot 0").wait_for()
    state_of(page, "decision", "live")
    assert fact(page, "Run") != run


def test_the_option_distribution_shifts_with_the_payload(browser: sync_api.Browser, site: Site) -> None:
    with OpenedPage(browser, site, query="?options=payload&tables=options") as page:
        follow(page, "default")
        for kilobytes in (10, 200):
            page.locator("#payload-kilobytes").fill(str(kilobytes))
            page.get_by_role("button", name="Set", exact=True).click()
            until_fact(page, 7, str(kilobytes))
            site.stack.goes_on(SLOTS_A_PAYLOAD)
        page.wait_for_timeout(1500)
        by_payload = shares_percent(page)
        small, large = by_payload[10_000], by_payload[200_000]
        assert sum(small) == pytest.approx(100, abs=0.1)
        # Half the sum of the differences: the share of slots that follow another option than before.
        assert sum(abs(one - other) for one, other in zip(small, large, strict=True)) / 2 > SHIFT_PERCENT


def test_another_scenario_begins_a_new_run(page: sync_api.Page) -> None:
    page.locator("#scenario").select_option("urban-edge")
    page.get_by_role("button", name="New run").click()
    until_fact(page, 1, "urban-edge")
    until_fact(page, 7, "57")
    state_of(page, "capacity", "live")


def test_reset_begins_anew_with_the_seed_that_is_asked_for(page: sync_api.Page) -> None:
    run = fact(page, "Run")
    page.locator("#reset-seed").fill("77")
    page.get_by_role("button", name="Reset", exact=True).click()
    page.locator("output", has_text="reset: from slot 0").wait_for()
    until_fact(page, 3, "77")
    state_of(page, "capacity", "live")
    assert fact(page, "Run") != run
