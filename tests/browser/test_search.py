"""The search box in a real browser: from a number or words to the answer, and back from a mistake."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import keys, log_in, opened, rows, total, violations
from tests.views.test_archive import archive

__all__ = ["archive"]


def line(page: Page):
    return page.get_by_label("Search messages")


def search(page: Page, text: str) -> None:
    """Type into the box as people do, from wherever they are."""
    page.keyboard.press("/")
    expect(line(page)).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def in_groups(number: str) -> str:
    """A French number as people write it."""
    return " ".join(re.findall("..", f"0{number[2:]}"))


@pytest.fixture
def handset(account) -> str:
    """A number that messages went to."""
    found = (r for r in account.rows() if r["type"] == "sms_mt" and r["country"] == "FR")
    return next(r["destination"] for r in found)


@pytest.mark.parametrize("start", ["/messages/", "/analytics/", "/accounts/"])
def test_from_a_number_to_its_messages_by_the_keyboard_alone(site, page, handset, start):
    opened(page, f"{site}{start}")
    search(page, in_groups(handset))
    page.wait_for_url(re.compile(r"/messages/\?period=last_6_months&destination=~1"))
    expect(page.locator(".question")).to_contain_text("to +33 6 39 98")
    assert total(page) > 0
    assert handset not in page.url
    assert in_groups(handset).replace(" ", "") not in page.url
    expect(line(page)).to_have_value(f"to:+{handset}")


def test_from_words_to_a_message(site, page, account):
    opened(page, f"{site}/messages/?period=yesterday")
    words = rows(page).nth(4).locator(".cell-text").inner_text()[:20].strip()
    search(page, f'"{words}" period:yesterday')
    page.wait_for_url(re.compile("message=~1"))
    expect(rows(page).first.locator(".cell-text")).to_contain_text(words, ignore_case=True)
    rows(page).first.locator("a.row-link").press("Enter")
    expect(page.locator("#panel .message-text")).to_contain_text(words, ignore_case=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mistake_is_marked_in_its_place_and_takes_nothing_away(site, page, theme):
    page.emulate_media(color_scheme=theme)
    opened(page, f"{site}/messages/?period=yesterday")
    before = keys(page)
    address = page.url
    search(page, "😀 colis status:delivred")
    error = page.get_by_role("alert").filter(has_text="is no status")
    expect(error).to_be_visible()
    expect(page.locator("#search mark")).to_have_text("status:delivred")
    expect(line(page)).to_have_value("😀 colis status:delivred")
    expect(line(page)).to_be_focused()
    chosen = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
    page.wait_for_function(f"() => ({chosen})(document.activeElement) === 'status:delivred'")
    assert (keys(page), page.url) == (before, address)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(error).to_have_count(0)
    assert keys(page) == before


def test_what_was_wrong_is_typed_anew_and_answered(site, page):
    opened(page, f"{site}/messages/")
    search(page, "status:delivred period:yesterday")
    page.wait_for_function("() => document.activeElement.selectionEnd === 15")
    page.keyboard.insert_text("status:delivered")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("status=delivered"))
    expect(page.locator(".question")).to_contain_text("status: delivered, yesterday")


def test_the_box_follows_the_filters_but_not_while_somebody_types(site, page):
    opened(page, f"{site}/messages/")
    page.get_by_label("Period").select_option("yesterday")
    page.wait_for_url(re.compile("period=yesterday"))
    expect(line(page)).to_have_value("period:yesterday")
    line(page).fill("half a que")
    page.get_by_label("Period").select_option("last_hour")
    page.wait_for_url(re.compile("period=last_hour"))
    page.wait_for_load_state("networkidle")
    expect(line(page)).to_have_value("half a que")


def test_a_slash_in_a_field_is_a_slash(site, page):
    opened(page, f"{site}/messages/")
    field = page.get_by_label("Text contains")
    field.focus()
    page.keyboard.press("/")
    expect(field).to_have_value("/")
    expect(field).to_be_focused()


def test_other_readings_stand_below_the_answer_and_lead_to_theirs(site, page, archive):
    opened(page, f"{site}/messages/?period=yesterday&type=messages-in")
    sender = rows(page).first.locator(".route-from").inner_text()
    search(page, sender)
    page.wait_for_url(re.compile("destination=~1"))
    other = page.locator("#readings").get_by_role("link", name=f"from {sender}")
    other.click()
    page.wait_for_url(re.compile("sender=~1"))
    expect(page.locator(".question")).to_contain_text(f"from {sender}")
    expect(page.locator("#readings")).to_contain_text(f"to {sender}")
    assert violations(page) == []


def test_one_message_found_by_its_number_opens(site, page, archive):
    opened(page, f"{site}/messages/?period=yesterday")
    key = keys(page)[3]
    search(page, key)
    page.wait_for_url(re.compile(f"/messages/{key.replace(':', '/')}/"))
    expect(page.locator(f'.message-text[data-key="{key}"]')).to_be_visible()


def test_without_javascript_a_search_is_answered_and_a_mistake_told(plain, handset):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday")
    line(page).fill(in_groups(handset))
    line(page).press("Enter")
    page.wait_for_url(re.compile("destination=~1"))
    assert rows(page).count() > 0
    line(page).fill('status:sent "colis')
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#search mark")).to_have_text('"colis')
    expect(line(page)).to_have_value('status:sent "colis')
    page.get_by_role("link", name="Back to where you were").click()
    page.wait_for_url(re.compile("destination=~1"))


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [360, 701, 1100, 1440])
def test_the_box_has_room_at_every_width(account, live_server, page, context, width, locale):
    log_in(context, live_server.url, "administrator", "Administrator")
    context.add_cookies([{"name": "django_language", "value": locale, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, f"{live_server.url}/messages/?period=yesterday")
    box = page.locator("#search-line").bounding_box()
    assert box
    assert box["width"] >= 200
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    parts = [page.locator(one).bounding_box() for one in (".top-nav", "#search", ".top-side")]
    lefts = sorted((one["x"], one["x"] + one["width"], one["y"]) for one in parts if one)
    for (_l, right, top), (left, _r, other) in pairwise(lefts):
        assert right <= left + 1 or top != other, "no part of the frame lies over another"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_the_search_reads_well(site, page, theme):
    page.emulate_media(color_scheme=theme)
    opened(page, f"{site}/search/")
    expect(page.get_by_role("heading", name="What can be searched")).to_be_visible()
    assert violations(page) == []
