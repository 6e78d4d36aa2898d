"""A click on a figure opens exactly the rows that it counts, whatever kind of mark it is."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from messages_app.archive.windows import Window
from tests.browser.conftest import chart, number, opened, panel, total, unfold
from tests.views.conftest import NOW, WALL
from tests.views.test_archive import sync

YESTERDAY = "/analytics/?period=yesterday"

PLACE = """canvas => {
    const chart = Chart.getChart(canvas);
    const values = chart.data.datasets[0].data;
    const index = INDEX;
    const bar = chart.getDatasetMeta(0).data[index];
    const place = bar.horizontal
        ? { x: (bar.base + bar.x) / 2, y: bar.y }
        : { x: bar.x, y: (bar.base + bar.y) / 2 };
    return { index, place, words: JSON.parse(canvas.dataset.chart).words[index] };
}"""

FIRST = PLACE.replace("INDEX", "0")
LARGEST = PLACE.replace("INDEX", "values.indexOf(Math.max(...values))")


def at_rows(page: Page) -> int:
    page.wait_for_url(re.compile("/messages/"))
    page.locator("table.rows[data-total]").wait_for()
    return total(page)


@pytest.mark.parametrize("name", ["outgoing", "pending", "replies", "opt_outs", "cost"])
def test_a_tile_opens_what_it_counts(site, page, name):
    opened(page, site + YESTERDAY)
    counting = "outgoing" if name == "cost" else name
    counted = page.locator(f'[data-figure="{counting}"] .figure-value').text_content()
    page.locator(f'[data-figure="{name}"] a.figure-value').click()
    assert at_rows(page) == number(counted)


@pytest.mark.parametrize(
    "name",
    [
        "cost_by_country", "messages_by_status", "cost_by_status", "reasons", "wasted", "delays",
        "months",
    ],
)  # fmt: skip
def test_a_bar_opens_what_its_row_counts(site, page, name):
    opened(page, site + YESTERDAY)
    found = chart(page, name).evaluate(LARGEST)
    section = unfold(page, name)
    heads = section.locator("thead").first.locator("th, td").all_text_contents()
    row = section.locator(".chart-table tbody tr").nth(found["index"])
    counted = number(row.locator("th, td").nth(heads.index("Messages")).text_content())
    chart(page, name).click(position=found["place"])
    assert at_rows(page) == counted


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("delivery_by_country", "last_24_hours"), ("senders", "last_24_hours"),
        ("campaigns", "last_7_days"),
    ],
)  # fmt: skip
def test_a_rate_opens_the_messages_that_were_attempted(site, page, name, period):
    opened(page, f"{site}/analytics/?period={period}")
    found = chart(page, name).evaluate(FIRST)
    attempted = re.search(r"÷ ([\d,]+)\)", found["words"])
    assert attempted
    chart(page, name).click(position=found["place"])
    assert at_rows(page) == number(attempted[1])


@pytest.mark.parametrize("name", ["reasons", "senders", "slots", "country_status"])
def test_a_cell_opens_what_it_says(site, page, name):
    opened(page, site + YESTERDAY)
    cell = unfold(page, name).locator("tbody td[data-value] a").first
    counted = number(cell.text_content())
    cell.click()
    assert at_rows(page) == counted


def test_a_campaign_opens_what_it_sent(site, page):
    opened(page, f"{site}/analytics/?period=last_7_days")
    row = unfold(page, "campaigns").locator("tbody tr").first
    counted = number(row.locator("td").first.text_content())
    row.locator("td a").first.click()
    assert at_rows(page) == counted


def test_a_row_of_the_folded_rest_opens_what_it_counts(site, page):
    opened(page, f"{site}/analytics/?period=last_7_days")
    rest = panel(page, "cost_by_country").locator(".chart-rest")
    expect(rest.locator("summary")).to_contain_text(re.compile(r"and \d+ more, \S+% of the whole"))
    rest.locator("summary").click()
    cell = rest.locator("tbody tr").first.locator("td a").first
    counted = number(cell.text_content())
    cell.click()
    assert at_rows(page) == counted


@pytest.fixture
def moving(account, monkeypatch):
    """Two months in the archive, and every change taken for a telling one."""
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr("messages_app.analysis.changes.LEVEL", 1000)
    monkeypatch.setattr("messages_app.analysis.changes.Pair.is_like_another", False)
    sync(Window(WALL - timedelta(days=62), WALL + timedelta(days=40)))


@pytest.mark.parametrize("name", ["watch", "changed"])
def test_a_line_of_what_changed_opens_the_attempts_that_it_tells(moving, site, page, name):
    opened(page, f"{site}/analytics/?period=last_30_days&compare=before")
    line = panel(page, name).locator(".change").first
    attempts = re.search(r"([\d,]+) attempts", line.inner_text())
    assert attempts
    line.get_by_role("link").click()
    assert at_rows(page) == number(attempts[1])


@pytest.mark.parametrize("name", ["messages_by_status", "cost_by_country", "slots"])
def test_the_keyboard_reaches_the_rows_through_the_table(site, page, name):
    opened(page, site + YESTERDAY)
    section = panel(page, name)
    fold = section.locator(".chart-table > summary")
    if fold.count():
        fold.focus()
        page.keyboard.press("Enter")
    else:
        section.locator("[data-copy-table]").focus()
    cell = section.locator("tbody td a").first
    expect(cell).to_be_visible()
    for _press in range(6):
        page.keyboard.press("Tab")
        if cell.evaluate("one => one === document.activeElement"):
            break
    expect(cell).to_be_focused()
    counted = number(cell.text_content())
    page.keyboard.press("Enter")
    assert at_rows(page) == counted


def test_every_table_opens_by_the_keyboard_and_its_figures_take_the_focus(site, page):
    opened(page, site + YESTERDAY)
    for fold in page.locator(".chart-table > summary, .chart-rest > summary").all():
        fold.focus()
        page.keyboard.press("Enter")
    expect(page.locator(".chart-table:not([open]), .chart-rest:not([open])")).to_have_count(0)
    reached = page.locator(".chart-card tbody a").evaluate_all(
        "all => all.filter(one => (one.focus(), one === document.activeElement)).length"
    )
    assert reached == page.locator(".chart-card tbody a").count() > 100
