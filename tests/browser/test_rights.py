"""An administrator looks up what is held about a number, takes it as a file, and erases it."""

import re

import pytest
from playwright.sync_api import expect

from messages_app.models import Message
from tests.archive.storing import store
from tests.browser.conftest import log_in, opened, violations
from tests.factories import incoming, record


@pytest.fixture
def review(account, live_server, page, context):
    """Messages of one number, an administrator before them; `review` is the server's address."""
    store([record(message_id=1, message="Bonjour Zoé"), incoming(message_id=2, message="STOP")])
    log_in(context, live_server.url, "administrator", "Administrator")
    return live_server.url


def test_t30_an_administrator_takes_all_about_a_number_as_a_file_and_erases_it(review, page):
    """T30, T29."""
    opened(page, f"{review}/review/rights/")
    assert violations(page) == []
    page.get_by_label("Phone number").fill("06 39 98 00 01")
    page.get_by_role("button", name="Show what is held").click()
    expect(page.get_by_role("heading", name="Held about")).to_be_visible()
    expect(page.get_by_text("2 messages to or from it")).to_be_visible()
    assert violations(page) == []
    assert "33639980001" not in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all about this number").click()
    assert download.value.suggested_filename == "personal-data.zip"

    page.get_by_label("The last four digits").fill("9999")
    page.get_by_role("button", name="Erase everywhere").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("not the last four digits"))
    page.get_by_label("The last four digits").fill("0001")
    page.get_by_role("button", name="Erase everywhere").click()
    expect(page.get_by_role("status").get_by_text("Erased: 2 messages")).to_be_visible()
    assert set(Message.objects.values_list("message", flat=True)) == {""}

    page.get_by_label("Phone number").fill("+33 6 39 98 00 01")
    page.get_by_role("button", name="Show what is held").click()
    expect(page.get_by_text("This number was erased")).to_be_visible()


def test_on_a_phone_the_pages_of_the_review_are_one_line_with_the_one_at_hand_in_sight(
    review, page
):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, f"{review}/review/rights/")
    pages = page.get_by_role("navigation", name="Review")
    tops = {link.bounding_box()["y"] for link in pages.get_by_role("link").all()}
    assert len(tops) == 1
    here = pages.get_by_role("link", name="A person’s data")
    expect(here).to_have_attribute("aria-current", "page")
    expect(here).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_everybodys_share_links_are_a_page_of_the_review_and_ones_own_are_not(review, page):
    opened(page, f"{review}/shares/?all=1")
    here = page.get_by_role("navigation", name="Review").get_by_role("link", name="Shared links")
    expect(here).to_have_attribute("aria-current", "page")
    opened(page, f"{review}/shares/")
    expect(page.get_by_role("navigation", name="Review")).to_have_count(0)
