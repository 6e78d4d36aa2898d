"""Phones and small windows: rows of two lines, the panel over the list, nothing cut."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from messages_app.analysis.metrics import Tally
from messages_app.views import figures as figures_module
from tests.browser.conftest import opened, rows


def height(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["height"]


def is_cut(page: Page, selector: str) -> list[str]:
    """Texts of elements that are wider than their box."""
    return page.locator(selector).evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    )


@pytest.mark.parametrize("width", [390, 720])
def test_back_closes_the_panel_over_the_list_and_stays_on_it(site, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, f"{site}/messages/?period=today")
    opened(page, f"{site}/messages/?period=yesterday")
    for _ in range(2):
        rows(page).nth(3).locator("a.row-link").click()
        expect(page.locator("#panel [data-close-panel]")).to_be_focused()
        page.go_back()
        expect(page.locator("#panel .message-text")).to_have_count(0)
        assert "period=yesterday" in page.url
    rows(page).nth(3).locator("a.row-link").click()
    page.locator("#panel [data-close-panel]").click()
    expect(page.locator("#panel .message-text")).to_have_count(0)
    page.go_back()
    page.wait_for_url(re.compile("period=today"))


def test_back_leaves_a_list_that_was_sorted_with_its_panel_closed(site, page):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, f"{site}/messages/?period=yesterday")
    page.locator("#sort-route-2").click()
    page.wait_for_url(re.compile("sort=destination"))
    rows(page).nth(3).locator("a.row-link").click()
    expect(page.locator("#panel [data-close-panel]")).to_be_focused()
    page.go_back()
    expect(page.locator("#panel .message-text")).to_have_count(0)
    assert "sort=destination" in page.url
    page.go_back()
    page.wait_for_url(re.compile("period=yesterday$"))
    expect(page.locator("th.col-time")).to_have_attribute("aria-sort", "descending")


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_a_row_is_two_lines_and_the_header_one(site, page, context, width, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, f"{site}/messages/?period=yesterday&status=delivered")
    assert height(page, "tr[data-key]") <= 60
    assert height(page, ".rows thead") <= 40
    assert is_cut(page, ".rows thead, .rows thead tr") == []


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_an_open_row_stays_a_row_in_a_small_window(site, page, context, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": 720, "height": 800})
    opened(page, f"{site}/messages/?period=last_30_days&message=votre&per_page=200")
    longest = page.locator(".cell-text").evaluate_all(
        "all => all.indexOf(all.reduce((a, b) => b.textContent.length > a.textContent.length ? b : a))"
    )
    row = rows(page).nth(longest)
    row.locator("a.row-link").click()
    expect(page.locator("#panel .message-text")).to_be_visible()
    box = row.bounding_box()
    assert box
    assert 60 < box["height"] <= 100


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [1440, 2560])
def test_no_choice_is_cut_and_the_bar_is_one_line(site, page, context, width, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{site}/messages/")
    for name in ("period", "type"):
        needed, given = page.locator(f"#id_{name}").evaluate(
            """select => {
                const free = select.cloneNode(true);
                free.removeAttribute("id");
                const frame = select.closest(".filters").appendChild(document.createElement("span"));
                frame.append(free);
                free.className = "measured";
                const style = getComputedStyle(select);
                const pen = document.createElement("canvas").getContext("2d");
                pen.font = style.font;
                const widest = Math.max(...[...select.options].map(o => pen.measureText(o.text).width));
                frame.remove();
                return [widest + 32, select.getBoundingClientRect().width];
            }"""
        )
        assert given >= needed, name
    tops = {page.locator(f"#{one}").bounding_box()["y"] for one in ("id_period", "show", "clear")}
    assert max(tops) - min(tops) < 2


MADE = figures_module._figure
MOST = 999_999_999
HUGE = Tally(
    rows=2 * MOST, incoming=MOST, replies=MOST, opt_outs=MOST, unpriced_by=Counter(delivered=MOST),
    statuses=Counter(delivered=MOST), costs={"delivered": Decimal("999999999.99")},
    delay_bins=Counter({3: MOST}),
)  # fmt: skip


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [390, 701, 1100, 1440])
@pytest.mark.parametrize("path", ["/messages/", "/analytics/"])
def test_no_tile_is_too_small_for_its_figure(site, page, context, monkeypatch, path, width, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": width, "height": 900})
    monkeypatch.setattr(figures_module, "_figure", lambda kind, _, *rest: MADE(kind, HUGE, *rest))
    opened(page, f"{site}{path}?period=yesterday&wait=1")
    tiles = page.locator(".figures .figure")
    expect(tiles).not_to_have_count(0)
    outside = tiles.evaluate_all(
        """all => all.flatMap(tile => {
            const right = tile.getBoundingClientRect().right;
            const parts = [...tile.querySelectorAll(".figure-value, .figure-label, .figure-note")];
            return parts.filter(one => {
                const range = document.createRange();
                range.selectNodeContents(one.firstChild);
                return range.getBoundingClientRect().right > right - 4;
            }).map(one => one.textContent);
        })"""
    )
    assert outside == []
    tops = tiles.evaluate_all(
        """all => all.map(tile => {
            const label = tile.querySelector(".figure-label").getBoundingClientRect();
            return label.top - tile.getBoundingClientRect().top;
        })"""
    )
    assert max(tops) - min(tops) < 1, "labels stand in line"


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_free_range_keeps_its_buttons_together(site, page, context, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    opened(page, f"{site}/messages/?date_start=2026-11-17&date_end=2026-11-17")
    boxes = [page.locator(f"#{one}").bounding_box() for one in ("id_period", "id_date_end")]
    assert boxes[0]["y"] == boxes[1]["y"]
    names = ("more-filters", "show", "clear")
    tops = {page.locator(f"#{one}").bounding_box()["y"] for one in names}
    assert len(tops) == 1
    assert tops.pop() - boxes[0]["y"] <= 48


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_tables_of_charts_are_whole_at_their_width(site, page, context, width, locale):
    context.add_cookies([{"name": "django_language", "value": locale, "url": site}])
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{site}/analytics/?period=yesterday&wait=1")
    page.locator(".chart-table").evaluate_all("all => all.forEach(one => (one.open = true))")
    assert page.locator(".chart-table .table-wrap").count() > 8
    if width >= 1440:
        assert is_cut(page, ".chart-table .table-wrap") == []
    assert is_cut(page, ".chart-card") == []
