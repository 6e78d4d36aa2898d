"""From a question to a spreadsheet: a file at once, and one that is made while its page counts."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage
from playwright.sync_api import Locator, Page, expect

from messages_app import clock
from messages_app.exports import jobs
from messages_app.views import export_jobs
from tests.browser.conftest import keys, log_in, opened, total, violations
from tests.exports.reading import about, read_csv, read_xlsx

QUESTION = "/messages/?period=last_24_hours&country=FR&status=delivered"


@pytest.fixture
def office(account, live_server, page, context, monkeypatch) -> str:
    """An administrator at the table; `office` is the server's address."""
    storage = InMemoryStorage()
    monkeypatch.setattr("messages_app.exports.kept.storage", lambda: storage)
    log_in(context, live_server.url, "admin", "Administrator")
    return live_server.url


@pytest.fixture
def working(monkeypatch) -> None:
    """A worker takes its turn whenever the page of a file asks again."""
    own = export_jobs._own

    def work_and_own(request, number):
        if request.headers.get("HX-Request"):
            jobs.work("a", clock.real_now, lambda: False)
        return own(request, number)

    monkeypatch.setattr(export_jobs, "_own", work_and_own)


def fetched(page: Page, link: Locator) -> tuple[str, bytes]:
    """The name and the bytes of what a click brings."""
    with page.expect_download() as download:
        link.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_from_a_question_to_a_spreadsheet(office, page):
    opened(page, office + QUESTION)
    count, first = total(page), keys(page)
    page.locator("#export-menu").click()
    name, body = fetched(page, page.get_by_role("link", name="Excel (XLSX), every field"))
    assert re.fullmatch(r"messages-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d\.xlsx", name)
    rows = read_xlsx(body)
    assert len(rows) == count > 0
    assert [f"{row['type']}:{row['message_id']}" for row in rows[: len(first)]] == first
    assert {row["country"] for row in rows} == {"FR"}
    assert about(body)["Question"].startswith("Messages, country: France, status: delivered")


def test_a_large_file_is_made_while_its_page_counts(office, page, working, monkeypatch):
    monkeypatch.setattr("messages_app.exports.jobs.AT_ONCE", 20)
    opened(page, office + QUESTION)
    count = total(page)
    page.locator("#export-menu").click()
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.locator("#export-choice")).to_contain_text("made in the background")
    assert violations(page) == []
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator("#export")).to_have_attribute("data-state", "waiting")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert violations(page) == []
    expect(page.locator("#export")).to_have_attribute("data-state", "done")
    name, body = fetched(page, page.locator("#export .btn-primary"))
    assert name.endswith(".csv")
    assert len(read_csv(body)) == count
    page.get_by_role("link", name="Your exports").first.click()
    expect(page.locator("tr[data-export]")).to_have_count(1)
    assert violations(page) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_exports_fit_their_window(office, page, working, monkeypatch, width):
    monkeypatch.setattr("messages_app.exports.jobs.AT_ONCE", 20)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{office}/messages/export.csv?period=last_24_hours&country=FR")
    for step in ("Make the file", ""):
        reach = page.evaluate("document.documentElement.scrollWidth")
        assert reach <= width
        if step:
            page.get_by_role("button", name=step).click()
    page.goto(f"{office}/exports/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_a_file_is_asked_for_and_fetched(
    account, live_server, browser, working, monkeypatch
):
    storage = InMemoryStorage()
    monkeypatch.setattr("messages_app.exports.kept.storage", lambda: storage)
    monkeypatch.setattr("messages_app.exports.jobs.AT_ONCE", 20)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    log_in(context, live_server.url, "admin", "Administrator")
    page = context.new_page()
    page.goto(f"{live_server.url}/messages/export.csv?period=last_24_hours")
    page.get_by_role("button", name="Make the file").click()
    address = page.url
    page.set_extra_http_headers({"HX-Request": "true"})
    page.goto(address)
    page.set_extra_http_headers({})
    page.goto(address)
    _name, body = fetched(page, page.locator("#export .btn-primary"))
    assert len(read_csv(body)) > 20
    context.close()
