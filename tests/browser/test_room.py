"""Room for everything: targets as large as a finger, one scroll, countries and reasons in words."""

import pytest
from playwright.sync_api import Page, expect

from messages_app.views.rows import table_rows
from tests.browser.conftest import opened, rows, violations
from tests.factories import record
from tests.views.conftest import WALL

LEAST = 24


def too_small(page: Page) -> list[str]:
    """What can be pressed and is smaller than WCAG 2.2 asks for, in words that find it."""
    return page.evaluate(
        """least => {
            const found = [...document.querySelectorAll("a, button, input, select, summary")];
            return found.filter(one => one.type !== "hidden" && one.checkVisibility()).filter(one => {
                const box = one.getBoundingClientRect();
                return box.width > 1 && Math.min(box.width, box.height) < least;
            }).map(one => `${one.tagName} ${one.id} ${one.className} ${one.textContent.trim()}`);
        }""",
        LEAST,
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [360, 1440])
def test_whatever_can_be_pressed_is_large_enough(site, page, context, width, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/messages/?country=AQ", "/messages/?page=x", "/accounts/password/change/"):
        opened(page, site + path)
        assert too_small(page) == [], path
    opened(page, f"{site}/messages/?period=yesterday&status=undelivered")
    page.locator("#figures [data-figure]").first.wait_for()
    assert too_small(page) == []
    page.locator("#per-page").click()
    assert too_small(page) == []
    assert violations(page) == []
    page.keyboard.press("Escape")
    rows(page).first.locator("a.row-link").click()
    page.locator("#panel .message-text").wait_for()
    assert too_small(page) == []


def test_the_page_of_a_new_password_is_accessible(site, page):
    opened(page, f"{site}/accounts/password/change/")
    expect(page.get_by_label("Current password")).to_be_focused()
    assert violations(page) == []


@pytest.mark.parametrize("height", [650, 900])
def test_the_page_scrolls_and_the_list_in_it_does_not_and_keeps_its_header(site, page, height):
    page.set_viewport_size({"width": 1440, "height": height})
    opened(page, f"{site}/messages/?period=last_7_days")
    wrap = page.locator("#results > .table-wrap")
    assert wrap.evaluate("one => one.scrollHeight - one.clientHeight") <= 1
    page.evaluate("window.scrollTo(0, 900)")
    header, frame = page.locator(".rows thead").bounding_box(), page.locator(".top").bounding_box()
    assert header
    assert frame
    assert header["y"] == frame["y"] + frame["height"] == 48
    page.locator("a.row-link").first.evaluate("one => one.focus()")
    assert page.locator("a.row-link").first.bounding_box()["y"] >= header["y"] + header["height"]


def test_a_country_is_named_where_there_is_room_and_else_told_in_two_letters(site, page):
    opened(page, f"{site}/messages/?period=yesterday&country=FR")
    name, code = page.locator(".country-name").first, page.locator(".country-code").first
    assert name.bounding_box()["width"] > 30
    expect(code).to_be_hidden()
    heights = rows(page).evaluate_all(
        "all => all.filter(one => !one.querySelector('.badge-reason'))"
        ".map(one => one.getBoundingClientRect().height)"
    )
    assert max(heights) <= 36
    for width in (1100, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(code).to_be_visible()
        expect(code).to_have_text("FR")
        assert name.bounding_box()["width"] <= 1


def test_a_long_reason_has_its_own_line_and_leaves_the_text_its_room(site, page, context):
    context.add_cookies([{"name": "django_language", "value": "fr", "url": site}])
    page.set_viewport_size({"width": 360, "height": 800})
    opened(page, f"{site}/messages/?period=last_7_days&status=undelivered")
    row = rows(page).filter(has=page.locator(".badge-reason")).first
    row.locator(".badge-reason").evaluate(
        "one => (one.textContent = 'Expiré avant d’avoir pu être livré, selon l’opérateur du réseau')"
    )
    reason, status, text = (
        row.locator(one).bounding_box() for one in (".badge-reason", ".badge", ".cell-text")
    )
    assert reason["y"] >= status["y"] + status["height"]
    assert reason["width"] > 280
    assert text["width"] > 100


@pytest.mark.parametrize("width", [944, 1101, 1280, 1440])
def test_no_column_is_pushed_out_of_the_list(site, page, monkeypatch, width):
    """Senders, reasons and unknown statuses of any length leave the credits in sight."""
    odd = record(
        message_id=1, date=WALL.replace(year=2025), sender="S" * 200, status="UNHEARD_OF" * 6,
        status_details="Because of something that takes long to say. " * 4,
        destination="999999999999999", country="CF",
    )  # fmt: skip
    monkeypatch.setattr(
        "messages_app.views.messages.table_rows",
        lambda records, query, **how: table_rows((odd, *records), query, **how),
    )
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{site}/messages/?period=yesterday")
    wrap, cost = (
        page.locator("#results > .table-wrap").bounding_box(),
        rows(page).first.locator("td").last.bounding_box(),
    )
    assert cost["x"] + cost["width"] <= wrap["x"] + wrap["width"]
