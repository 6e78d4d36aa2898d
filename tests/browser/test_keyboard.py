"""The list by keyboard alone: the place is never lost, and what was chosen applies."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import opened, rows, show, total


@pytest.fixture
def table(site, page) -> Page:
    opened(page, f"{site}/messages/?period=yesterday")
    return page


def choose(page: Page, *names: str) -> None:
    page.locator("#chosen-statuses").click()
    for name in names:
        page.locator(f'input[name="status"][value="{name}"]').check()


def test_a_row_hands_the_focus_to_its_panel_and_gets_it_back(table):
    link = rows(table).nth(2).locator("a.row-link")
    link.focus()
    table.keyboard.press("Enter")
    expect(table.locator("#panel [data-close-panel]")).to_be_focused()
    table.keyboard.press("Escape")
    expect(table.locator("#panel .message-text")).to_have_count(0)
    expect(link).to_be_focused()


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ("sort-time-1", r"sort=date"),
        ("sort-route-2", r"sort=destination"),
        ("page-next", r"page=2"),
        ("refresh-switch", r"refresh=1"),
    ],
)
def test_a_link_that_brings_an_answer_keeps_the_focus(table, place, asked):
    table.locator(f"#{place}").focus()
    table.keyboard.press("Enter")
    table.wait_for_url(re.compile(asked))
    expect(table.locator(f"#{place}")).to_be_focused()


def test_another_number_of_rows_hands_the_focus_to_the_answer(table):
    table.locator("#per-page").focus()
    table.keyboard.press("Enter")
    table.locator("#per-page-25").focus()
    table.keyboard.press("Enter")
    table.wait_for_url(re.compile("per_page=25"))
    expect(rows(table)).to_have_count(25)
    expect(table.locator("#question")).to_be_focused()  # the menu of sizes is shut again


def test_a_chip_taken_off_hands_the_focus_to_the_next_one_then_to_the_answer(site, page):
    opened(page, f"{site}/messages/?period=yesterday&country=FR")
    page.locator("#chip-1").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("#chip-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#question")).to_be_focused()


@pytest.mark.parametrize("leave", ["Escape", "Tab", "click"])
def test_statuses_chosen_apply_when_their_menu_closes(table, leave):
    whole = total(table)
    choose(table, "delivered")
    if leave == "click":
        table.locator("#question").click()
    else:
        if leave == "Tab":
            table.locator('input[name="status"]').last.focus()
        table.keyboard.press(leave)
    table.wait_for_url(re.compile("status=delivered"))
    expect(table.locator("#question")).to_contain_text("status")
    assert 0 < total(table) < whole


def test_a_click_beside_a_menu_opens_no_row(table):
    table.locator("#chosen-statuses").click()
    rows(table).nth(8).click()
    expect(table.locator("details.menu[open]")).to_have_count(0)
    table.wait_for_load_state("networkidle")
    expect(table.locator("#panel .message-text")).to_have_count(0)
    expect(table.locator("tr.is-open")).to_have_count(0)


def test_a_click_on_a_link_beside_a_menu_does_not_lose_what_was_chosen_in_it(table):
    choose(table, "delivered", "undelivered")
    table.locator("#sort-status-1").click()
    table.wait_for_url(re.compile("status=delivered&status=undelivered"))


def test_statuses_chosen_and_shown_are_asked_for_once(table):
    choose(table, "delivered")
    sent: list[str] = []

    def note(request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    table.on("request", note)
    show(table)
    table.wait_for_url(re.compile("status=delivered"))
    table.wait_for_load_state("networkidle")
    assert len(sent) == 1


def test_more_filters_open_without_moving_the_page(table):
    before = table.locator("#results").bounding_box()
    button = table.locator("#show").bounding_box()
    table.locator("#more-filters").click()
    expect(table.locator("#id_campaign")).to_be_visible()
    assert table.locator("#results").bounding_box() == before
    assert table.locator("#show").bounding_box() == button
    table.locator("#id_sender").fill("Kalivert")
    table.keyboard.press("Enter")
    table.wait_for_url(re.compile("sender=~1"))
