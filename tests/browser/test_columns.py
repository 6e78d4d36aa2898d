"""Columns, density and the keys of the list in a real browser, with and without a mouse or a script."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import keys, opened, rows, violations


def heads(page: Page) -> list[str]:
    found = page.locator(".rows th").evaluate_all(
        "all => all.map(one => one.className.split(' ')[0])"
    )
    return [name.removeprefix("col-") for name in found]


def offered(page: Page) -> list[str]:
    return page.locator(".column-list input[type=checkbox]").evaluate_all(
        "all => all.map(one => one.value)"
    )


@pytest.fixture
def table(site, page) -> Page:
    opened(page, f"{site}/messages/?period=yesterday")
    return page


def test_columns_are_chosen_and_moved_by_the_keyboard_alone(table):
    table.locator("#column-switch").focus()
    table.keyboard.press("Enter")
    table.locator('.column-list input[value="parts"]').focus()
    table.keyboard.press("Space")
    table.locator('.column-list input[value="campaign"]').focus()
    table.keyboard.press("Space")
    up = table.get_by_role("button", name="Move “Campaign” up")
    up.focus()
    before = offered(table).index("campaign")
    for _ in range(3):
        table.keyboard.press("Enter")
    expect(up).to_be_focused()
    assert offered(table).index("campaign") == before - 3
    expect(table.locator(".toast")).to_contain_text("Campaign is now number")
    table.locator('input[value="compact"]').focus()
    table.keyboard.press("Space")
    table.keyboard.press("Enter")
    expect(table.locator("table.rows.is-compact")).to_be_visible()
    assert "campaign" in heads(table)
    assert "parts" not in heads(table)
    assert re.search(r"/messages/\?period=yesterday$", table.url)
    box = rows(table).first.bounding_box()
    assert box
    assert box["height"] <= 30
    table.reload()
    assert "campaign" in heads(table)
    table.locator("#column-switch").click()
    table.locator("#columns-reset").click()
    expect(table.locator("table.rows.is-comfortable")).to_be_visible()
    assert "campaign" not in heads(table)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_choice_and_all_columns_read_well(table, theme):
    table.emulate_media(color_scheme=theme)
    table.locator("#column-switch").click()
    expect(table.locator("#columns-apply")).to_be_visible()
    assert violations(table) == []
    table.locator(".column-list input:not(:disabled)").evaluate_all(
        "all => all.forEach(one => (one.checked = true))"
    )
    table.locator("#columns-apply").click()
    expect(table.locator("th.col-encoding")).to_have_count(1)
    assert len(heads(table)) == 17
    assert violations(table) == []
    text = table.locator("td.text").first.bounding_box()
    assert text
    assert text["width"] >= 200
    assert table.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wide_table_keeps_its_header_and_shows_its_last_column(table):
    table.locator("#column-switch").click()
    expect(table.locator("#columns-apply")).to_be_visible()
    table.locator(".column-list input:not(:disabled)").evaluate_all(
        "all => all.forEach(one => (one.checked = true))"
    )
    table.locator("#columns-apply").click()
    expect(table.locator("th.col-encoding")).to_have_count(1)
    last = rows(table).nth(40)
    last.locator("td").last.scroll_into_view_if_needed()
    expect(table.locator("th.col-encoding")).to_be_in_viewport(ratio=0.9)
    expect(last.locator("td").last).to_be_in_viewport()


def test_on_a_phone_chosen_columns_are_lines_of_their_row_and_nothing_is_cut(table):
    table.locator("#column-switch").click()
    table.locator('.column-list input[value="campaign"]').check()
    table.locator("#columns-apply").click()
    expect(table.locator("th.col-campaign")).to_have_count(1)
    table.set_viewport_size({"width": 390, "height": 800})
    cell = rows(table).first.locator('td[data-label="Campaign"]')
    expect(cell).to_be_visible()
    assert table.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table.locator("#column-switch").click()
    box = table.locator(".column-menu .menu-body").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_without_javascript_columns_are_chosen_and_moved(plain):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday")
    page.locator("#column-switch").click()
    page.get_by_role("link", name="Choose columns").click()
    page.locator('.column-list input[value="parts"]').uncheck()
    expect(page.get_by_role("button", name="Move “Country” up")).to_have_count(0)  # it is not shown
    page.get_by_role("button", name="Move “Text” up").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    page.get_by_role("button", name="Move “Text” up").click()
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url(re.compile(r"/messages/\?period=yesterday$"))
    assert heads(page) == ["time", "text", "direction", "route", "status", "cost"]
    assert rows(page).count() == 50


def focused(page: Page) -> int:
    """Which row has the focus, -1 for none."""
    return page.evaluate(
        "[...document.querySelectorAll('tr[data-key]')].indexOf(document.activeElement.closest('tr'))"
    )


def test_j_and_k_go_from_row_to_row_and_enter_opens(table):
    assert focused(table) == -1
    table.keyboard.press("j")
    assert focused(table) == 0
    for _ in range(3):
        table.keyboard.press("j")
    table.keyboard.press("k")
    assert focused(table) == 2
    row = rows(table).nth(2)
    outline = row.locator("a.row-link").evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"
    key = keys(table)[2]
    table.keyboard.press("Enter")
    expect(table.locator(f'#panel .message-text[data-key="{key}"]')).to_be_visible()
    expect(table.locator("#panel [data-close-panel]")).to_be_focused()
    table.keyboard.press("j")
    assert focused(table) == 3
    table.keyboard.press("Escape")
    expect(table.locator("#panel .message-text")).to_have_count(0)


def test_the_list_ends_where_it_ends(table):
    table.keyboard.press("k")
    assert focused(table) == 0
    table.keyboard.press("k")
    assert focused(table) == 0
    rows(table).last.locator("a.row-link").focus()
    table.keyboard.press("j")
    assert focused(table) == 49


def test_a_row_reached_by_its_key_lies_below_the_header(table):
    for _ in range(30):
        table.keyboard.press("j")
    for _ in range(28):
        table.keyboard.press("k")
    row = rows(table).nth(1).bounding_box()
    head = table.locator(".rows thead").bounding_box()
    assert row
    assert head
    assert row["y"] >= head["y"] + head["height"] - 1


def test_keys_work_after_an_answer_came_by_itself(table):
    table.locator("#sort-route-2").click()
    table.wait_for_url(re.compile("sort=destination"))
    table.keyboard.press("j")
    assert focused(table) >= 0


def test_a_key_typed_into_a_field_is_a_letter(table):
    field = table.get_by_label("Text contains")
    field.focus()
    table.keyboard.type("jk?")
    expect(field).to_have_value("jk?")
    assert focused(table) == -1
    expect(table.locator("#keys")).to_be_hidden()


def test_where_the_panel_covers_the_list_no_row_below_it_moves(table):
    table.set_viewport_size({"width": 720, "height": 800})
    rows(table).nth(3).locator("a.row-link").click()
    close = table.locator("#panel [data-close-panel]")
    expect(close).to_be_focused()
    table.keyboard.press("j")
    expect(close).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_keys_are_listed_by_a_key_and_by_a_link(table, theme):
    table.emulate_media(color_scheme=theme)
    rows(table).nth(1).locator("a.row-link").click()
    expect(table.locator("#panel .message-text")).to_be_visible()
    table.keyboard.press("?")
    dialog = table.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert violations(table) == []
    table.keyboard.press("j")
    table.keyboard.press("/")
    expect(dialog).to_be_visible()
    table.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(table.locator("#panel .message-text")).to_be_visible()
    table.locator(".top-side details.menu summary").click()
    table.get_by_role("link", name="Keys and search").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_keys_of_one_character_can_be_switched_off_and_stay_off(table):
    dialog = table.get_by_role("dialog", name="Keys")
    switch = dialog.get_by_role("checkbox", name="Use the keys of one character")
    table.keyboard.press("?")
    switch.uncheck()
    table.keyboard.press("Escape")
    for _ in range(2):
        for key in "j/?":
            table.keyboard.press(key)
        assert focused(table) == -1
        expect(table.locator("#search-line")).not_to_be_focused()
        expect(dialog).to_be_hidden()
        expect(table.locator(".search-key")).to_be_hidden()
        table.reload()
        table.wait_for_load_state("networkidle")
    table.locator(".top-side details.menu summary").click()
    table.get_by_role("link", name="Keys and search").click()
    expect(switch).not_to_be_checked()
    switch.check()
    table.keyboard.press("Escape")
    expect(table.locator(".search-key")).to_be_visible()
    table.keyboard.press("j")
    assert focused(table) == 0
    table.keyboard.press("/")
    expect(table.locator("#search-line")).to_be_focused()


def test_without_javascript_the_link_leads_to_the_keys(plain):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday")
    page.locator(".top-side details.menu summary").click()
    page.get_by_role("link", name="Keys and search").click()
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
