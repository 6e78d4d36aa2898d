"""Two ranges side by side: chosen from the page, drawn, told in the tables, kept and left again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import chart, number, opened, panel, total, unfold, violations

DRAWN = """canvas => Chart.getChart(canvas).data.datasets
    .filter(one => one.label === "range compared with")
    .map(one => one.data.filter(value => value).length)"""


def choose(page: Page, name: str) -> None:
    page.locator(".choices").get_by_role("link", name=name, exact=True).click()


def is_chosen(page: Page, name: str) -> None:
    expect(page.locator(".compare [aria-current=true]")).to_have_text(name)


def test_a_week_before_is_drawn_and_told_in_every_table(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    assert chart(page, "messages_by_status").evaluate(DRAWN) == []
    choose(page, "A week before")
    page.wait_for_url(re.compile("compare=week"))
    page.wait_for_load_state("networkidle")
    expect(panel(page, "changed")).to_contain_text("10 Nov 2026")
    for name in ("volume", "messages_by_status", "cost_by_country", "reasons", "delays"):
        [marks] = chart(page, name).evaluate(DRAWN)
        assert marks > 0, name
        assert "efore" in (unfold(page, name).locator("thead").first.text_content() or ""), name
    for name in ("messages_by_status", "delivery_by_country", "senders", "wasted"):
        heads = panel(page, name).locator("thead").first.locator("th").all_text_contents()
        assert heads[-2:] == ["Before", "Change"], name
    assert violations(page) == []


def test_an_earlier_figure_opens_the_earlier_rows(site, page):
    opened(page, f"{site}/analytics/?period=yesterday&compare=week")
    row = unfold(page, "messages_by_status").locator("tbody tr").first
    before = row.locator("td").nth(-2)
    counted = number(before.text_content())
    before.locator("a").click()
    page.wait_for_url(re.compile("/messages/"))
    assert total(page) == counted > 0


def test_the_choice_stays_when_a_filter_changes_and_goes_with_back(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    choose(page, "A week before")
    page.wait_for_url(re.compile("compare=week"))
    page.get_by_label("Country", exact=True).fill("France")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile("country=FR.*compare=week|compare=week.*country=FR"))
    page.wait_for_load_state("networkidle")
    is_chosen(page, "A week before")
    assert chart(page, "messages_by_status").evaluate(DRAWN)
    page.go_back()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#question")).not_to_contain_text("France")
    chart(page, "messages_by_status")  # the page is awake: it hears of the next step back
    is_chosen(page, "A week before")
    page.go_back()
    page.wait_for_load_state("networkidle")
    is_chosen(page, "Nothing")
    assert chart(page, "messages_by_status").evaluate(DRAWN) == []


def ask_free(page: Page, start: str, end: str) -> None:
    page.locator(".compare summary").click()
    menu = page.locator(".compare .menu-body")
    menu.get_by_label("From").fill(start)
    menu.get_by_label("To").fill(end)
    menu.get_by_role("button", name="Compare").click()
    page.wait_for_url(re.compile("compare=free"))
    page.wait_for_load_state("networkidle")


def test_a_free_range_is_asked_for_by_its_form(site, page):
    opened(page, f"{site}/analytics/?period=yesterday&country=FR")
    ask_free(page, "2026-11-03", "2026-11-04")
    expect(panel(page, "changed")).to_contain_text("3 Nov 2026")
    assert "country=FR" in page.url
    is_chosen(page, "Free range")
    assert chart(page, "messages_by_status").evaluate(DRAWN)


def test_an_impossible_free_range_is_an_error_and_no_figures(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    ask_free(page, "2026-09-01", "2026-09-31")
    expect(page.get_by_role("alert").first).to_contain_text("2026-09-31 does not exist")
    expect(page.locator("[data-figure], .chart-card")).to_have_count(0)
    assert violations(page) == []
