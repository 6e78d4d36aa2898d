"""The frame around every answer: its pages bear the question, and no script is needed to read it."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in, opened, rows, total


def page_link(page: Page, name: str):
    return page.locator("#pages").get_by_role("link", name=name, exact=True)


def test_the_pages_keep_the_question_also_after_it_changed(site, page):
    opened(page, f"{site}/messages/?period=yesterday&sort=date&page=2")
    page.get_by_label("Country").fill("France")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile("country=FR"))
    counted = total(page)
    page_link(page, "Analytics").click()
    page.wait_for_url(re.compile(r"/analytics/\?period=yesterday&country=FR$"))
    expect(page.locator(".question")).to_contain_text("country: France")
    expect(page_link(page, "Analytics")).to_have_attribute("aria-current", "page")
    page.get_by_label("Period").select_option("last_7_days")
    page.wait_for_url(re.compile(r"/analytics/\?country=FR$"))
    page_link(page, "Messages").click()
    page.wait_for_url(re.compile(r"/messages/\?country=FR$"))
    assert total(page) > counted


def test_the_review_is_handed_what_it_can_ask(account, live_server, page, context):
    log_in(context, live_server.url, "administrator", "Administrator")
    opened(page, f"{live_server.url}/messages/?period=yesterday&status=sent&country=FR")
    href = page_link(page, "Review").get_attribute("href")
    assert href == "/review/?period=yesterday&country=FR"


def test_without_javascript_charts_are_their_tables(plain):
    page, url = plain
    page.goto(f"{url}/analytics/?period=yesterday&wait=1")
    assert page.locator(".chart-table").count() > 8
    for table in page.locator(".chart-table .figures-table").all():
        expect(table).to_be_visible()
    expect(page.locator("canvas:visible")).to_have_count(0)


def test_with_javascript_the_tables_are_folded(site, page):
    opened(page, f"{site}/analytics/?period=yesterday&wait=1")
    expect(page.locator(".chart-table[open]")).to_have_count(0)
    assert page.locator(".chart-table").count() > 8


def test_without_javascript_nothing_is_promised_that_needs_it(plain):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday&refresh=1")
    assert rows(page).count() == 50
    expect(page.get_by_text("The figures are being counted.")).to_be_hidden()
    expect(page.locator(".skeleton:visible")).to_have_count(0)
    expect(page.get_by_text("Stop refreshing")).to_be_hidden()
    figures = page.locator("#figures").get_by_role("link")
    expect(figures).to_be_visible()
    figures.click()
    page.wait_for_url(re.compile("/analytics/"))


def test_on_a_phone_open_filters_stay_open_while_parts_of_the_page_load(site, page):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, f"{site}/messages/?period=yesterday")
    fold = page.locator(".filter-fold")
    expect(fold).not_to_have_attribute("open", "")
    fold.locator("summary").first.click()
    with page.expect_response(re.compile("/messages/figures/")):
        page.evaluate("document.body.dispatchEvent(new Event('refreshed'))")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Country")).to_be_visible()
