"""The daily work in a real browser: filter, sort, page, open, chart, with and without JavaScript."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from messages_app.filters import question_url
from sandbox import Faults
from tests.browser.conftest import keys, log_in, opened, rows, show, total, violations
from tests.views.conftest import NOW


def test_a_number_typed_as_people_type_it_is_answered_and_sealed(site, account, page):
    row = next(r for r in account.rows() if r["type"] == "sms_mt" and r["country"] == "FR")
    opened(page, f"{site}/messages/?period=last_30_days")
    typed = "0" + row["destination"][2:]
    page.get_by_label("Recipient").fill(" ".join(re.findall("..?", typed)))
    show(page)
    page.wait_for_url(re.compile("destination=~1"))
    expect(page.locator(".question")).to_contain_text("to +33 6 39 98")
    assert row["destination"] not in page.url
    assert typed not in page.url
    assert page.get_by_label("Recipient").input_value().startswith("+33 6 39 98")


def test_a_sort_changes_the_order_and_back_brings_the_first_one_again(site, page):
    opened(page, f"{site}/messages/?period=yesterday")
    first = keys(page)
    page.get_by_role("link", name="To", exact=True).click()
    page.wait_for_url(re.compile("sort=destination"))
    expect(page.locator("th.col-route")).to_have_attribute("aria-sort", "ascending")
    assert keys(page) != first
    page.go_back()
    page.wait_for_url(re.compile(r"period=yesterday$"))
    expect(page.locator("th.col-time")).to_have_attribute("aria-sort", "descending")
    assert len(keys(page)) == len(first)


def test_the_next_page_shows_other_rows_of_the_same_total(site, page):
    opened(page, f"{site}/messages/?period=last_7_days")
    first, whole = set(keys(page)), total(page)
    page.get_by_role("link", name="next").click()
    page.wait_for_url(re.compile("page=2"))
    expect(page.locator(".pager-range")).to_contain_text("51")
    assert not first & set(keys(page))
    assert total(page) == whole


def test_a_page_is_reached_by_its_number_and_the_last_in_one_step(site, page):
    opened(page, f"{site}/messages/?period=last_7_days")
    number = page.get_by_label("Page", exact=True)
    number.fill("3")
    number.press("Enter")
    page.wait_for_url(re.compile("page=3$"))
    expect(page.locator(".pager-range")).to_contain_text("101–150")
    expect(number).to_be_focused()
    page.get_by_role("link", name="last").click()
    expect(page.get_by_role("link", name="next")).to_have_count(0)
    page.get_by_role("link", name="first").click()
    page.wait_for_url(re.compile(r"/messages/$"))


def test_a_count_that_comes_late_meets_no_other_page(site, page, monkeypatch):
    """Whoever goes on does not wait for it: it is given up with its page."""
    counting = "messages_app.views.messages._count_href"
    monkeypatch.setattr(
        counting,
        lambda query, _: question_url("/messages/count/", query) if query.page == 3 else "",
    )
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/messages/count/**", hold)
    page.goto(f"{site}/messages/?page=3")
    page.locator("#question.htmx-request").wait_for(state="attached")
    with page.expect_event("requestfailed", lambda request: "/count/" in request.url):
        page.get_by_role("link", name="next").click()
    expect(page.locator(".pager-range")).to_contain_text("151–200")
    expect(page.locator("body")).not_to_have_class(re.compile("is-loading"), timeout=15_000)
    assert len(held) == 1


def test_a_period_applies_at_once(site, page):
    opened(page, f"{site}/messages/")
    page.get_by_label("Period").select_option("yesterday")
    page.wait_for_url(re.compile("period=yesterday"))
    expect(page.locator(".question")).to_contain_text("yesterday")


def test_the_charts_of_the_same_question_are_one_click_away_and_back(site, page):
    opened(page, f"{site}/messages/?country=FR&period=yesterday")
    counted = total(page)
    page.get_by_role("link", name="Show the charts").click()
    page.wait_for_url(re.compile(r"/analytics/\?period=yesterday&country=FR"))
    expect(page.locator(".question")).to_contain_text(f"{counted:,} messages, country: France")
    page.get_by_role("link", name="Show the messages").click()
    page.wait_for_url(re.compile(r"/messages/\?period=yesterday&country=FR"))
    assert total(page) == counted


def test_a_chip_takes_its_filter_off(site, page):
    opened(page, f"{site}/messages/?country=FR&period=yesterday")
    page.get_by_role("link", name="Remove the filter “country: France”").click()
    page.wait_for_url(re.compile(r"\?period=yesterday$"))
    expect(page.locator(".question")).not_to_contain_text("France")


def test_an_impossible_day_is_told_beside_its_field(site, page):
    opened(page, f"{site}/messages/")
    page.get_by_label("Period").select_option("custom")
    page.get_by_label("From", exact=True).fill("2026-09-01")
    page.get_by_label("To", exact=True).fill("2026-09-31")
    show(page)
    expect(page.locator("#error_date_end")).to_contain_text("2026-09-31 does not exist")
    assert page.get_by_label("To", exact=True).input_value() == "2026-09-31"
    assert rows(page).count() == 0
    assert violations(page) == []


def test_a_row_opens_beside_the_list_and_closes_by_the_keyboard(site, page):
    opened(page, f"{site}/messages/?period=yesterday&type=messages-out")
    rows(page).first.click()
    panel = page.locator("#panel")
    expect(panel.locator(".message-text")).to_be_visible()
    expect(panel).to_contain_text("Time to delivery")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(panel.locator(".message-text")).to_have_count(0)
    assert "period=yesterday" in page.url


def test_a_row_opens_by_the_keyboard_alone(site, page):
    opened(page, f"{site}/messages/?period=yesterday")
    rows(page).first.locator("a.row-link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .message-text")).to_be_visible()


def test_the_strip_of_figures_loads_by_itself(site, page):
    opened(page, f"{site}/messages/?period=yesterday")
    expect(page.locator('#figures [data-figure="outgoing"] .figure-value')).not_to_be_empty()


def test_a_figure_opens_the_rows_it_counts(site, page):
    opened(page, f"{site}/messages/?period=yesterday")
    tile = page.locator('#figures [data-figure="failed"]')
    counted = int((tile.locator(".figure-note").text_content() or "").replace(",", ""))
    tile.locator("a.figure-value").click()
    page.wait_for_url(re.compile("status=denied"))
    page.wait_for_load_state("networkidle")
    assert total(page) == counted


def painted(page: Page, canvas: str) -> int:
    """How many different colours a canvas shows."""
    return page.locator(canvas).evaluate(
        """canvas => {
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) {
                seen.add((data[i] << 24) | (data[i + 1] << 16) | (data[i + 2] << 8) | data[i + 3]);
            }
            return seen.size;
        }"""
    )


CHARTS = (
    "volume", "delivery_by_country", "cost_by_country", "messages_by_status", "cost_by_status",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_painted_and_the_page_is_accessible(site, page, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, f"{site}/analytics/?period=yesterday")
    for name in CHARTS:
        page.locator(f"#chart_{name}[data-drawn]").wait_for()
        assert painted(page, f"#chart_{name}") > 3, name
    assert violations(page) == []


def test_a_click_on_a_bar_narrows_to_its_rows(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    chart = page.locator("#chart_messages_by_status[data-drawn]")
    chart.wait_for()
    place = chart.evaluate(
        """canvas => {
            const bar = Chart.getChart(canvas).getDatasetMeta(0).data[0];
            return {x: (bar.base + bar.x) / 2, y: bar.y};
        }"""
    )
    row = page.locator("#chart_messages_by_status").locator("xpath=ancestor::section")
    row.locator("summary", has_text="Table").click()
    counted = row.locator("tbody tr").first.locator("td").first.text_content() or ""
    chart.click(position=place)
    page.wait_for_url(re.compile("/messages/.*status=delivered"))
    assert total(page) == int(counted.replace(",", ""))


def test_each_chart_s_table_says_the_same_without_the_picture(site, page):
    opened(page, f"{site}/analytics/?period=yesterday")
    for name in CHARTS:
        section = page.locator(f"#chart_{name}").locator("xpath=ancestor::section")
        section.locator("summary", has_text="Table").click()
        expect(section.locator("tbody tr").first).to_be_visible()


def test_without_javascript_everything_but_the_pictures_works(browser, account, live_server):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    log_in(context, live_server.url, "support", "Support")
    page = context.new_page()
    page.goto(f"{live_server.url}/messages/?period=yesterday")
    assert rows(page).count() == 50
    page.locator("#id_country").fill("France")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "country=FR" in page.url
    page.locator("#page-number").fill("2")
    page.get_by_role("button", name="Go", exact=True).click()
    assert page.url.endswith("/messages/?period=yesterday&country=FR&page=2")
    page.get_by_role("link", name="From", exact=True).click()
    assert "sort=sender" in page.url
    page.locator("a.row-link").first.click()
    assert "/messages/sms_" in page.url
    assert page.locator(".message-text").count() == 1
    page.goto(f"{live_server.url}/analytics/?period=yesterday")
    page.wait_for_url(re.compile("wait=1"))
    page.locator(".matrix tbody tr").first.wait_for()
    assert page.locator(".figures-table tbody tr").first.is_visible()
    context.close()


def test_a_provider_that_is_down_leaves_the_filters_and_offers_a_retry(
    site, account, page, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 1.0)
    account.faults = Faults(down="always")
    opened(page, f"{site}/messages/?country=FR&period=yesterday")
    expect(page.get_by_role("alert")).to_contain_text("The provider could not be read")
    assert page.locator("#id_country").input_value() == "FR"
    assert violations(page) == []
    account.faults = Faults()
    page.get_by_role("link", name="Try again").click()
    expect(rows(page).first).to_be_visible()


def test_the_page_speaks_french_when_asked(site, page):
    opened(page, f"{site}/messages/")
    page.locator("#id_country").fill("France")
    show(page)
    page.wait_for_url(re.compile("country=FR"))
    page.get_by_role("button", name="FR", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert "country=FR" in page.url
    expect(page.get_by_label("Période")).to_be_visible()
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_refreshing_list_refreshes_itself_and_keeps_its_place(site, account, page, monkeypatch):
    page.clock.install()
    opened(page, f"{site}/messages/?period=last_7_days")
    page.get_by_role("link", name="Refresh every 30 s").click()
    page.wait_for_url(re.compile("refresh=1"))
    page.wait_for_load_state("networkidle")
    # Until a new list has settled it still leads to its top.
    expect(page.locator(".htmx-settling, .htmx-swapping")).to_have_count(0)
    page.locator("#figures [data-figure]").first.wait_for()
    page.evaluate("window.scrollTo(0, 600)")
    place = rows(page).nth(20).bounding_box()["y"]
    account.reset_calls()
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW + timedelta(seconds=31))
    with page.expect_response(re.compile("/messages/figures/")):
        page.clock.run_for(31_000)
    expect(page.locator("#as-of")).to_contain_text("15:00:31")
    assert account.calls >= 1
    expect(rows(page)).to_have_count(50)
    assert abs(rows(page).nth(20).bounding_box()["y"] - place) < 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_table_is_accessible_with_its_menus_open_and_under_the_pointer(site, page, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, f"{site}/messages/?period=yesterday&country=FR")
    page.locator("#figures [data-figure]").first.wait_for()
    assert violations(page) == []
    page.locator("details[data-menu] summary").first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for hovered in ("tr[data-key]", "a.sort-link", ".btn-primary", ".chip-remove"):
        page.locator(hovered).first.hover()
        assert violations(page) == [], hovered


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_is_accessible_and_its_figures_open_rows(
    account, live_server, page, context, scheme
):
    log_in(context, live_server.url, "administrator", "Administrator")
    page.emulate_media(color_scheme=scheme)
    opened(page, f"{live_server.url}/review/?period=yesterday")
    figure = page.locator("td.num a").first
    figure.wait_for()
    assert violations(page) == []
    counted = int((figure.text_content() or "").replace(",", ""))
    figure.click()
    page.wait_for_url(re.compile("/messages/"))
    assert total(page) == counted


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/messages/?country=AQ", "/no/such/page", "/review/"])
def test_empty_missing_and_refused_pages_are_accessible(site, page, complaints, path, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, site + path)
    assert violations(page) == []
    complaints[:] = [c for c in complaints if "Failed to load resource" not in c]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_is_accessible(live_server, page, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, f"{live_server.url}/accounts/login/")
    assert violations(page) == []
    page.get_by_label("User name or e-mail").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.locator(".errorlist").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_s_own_page_is_accessible(site, page, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, f"{site}/messages/?period=yesterday&status=undelivered")
    href = rows(page).first.locator("a.row-link").get_attribute("href") or ""
    opened(page, site + href)
    expect(page.locator(".panel-page .message-text")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("width", [360, 390, 768, 1440, 2560])
@pytest.mark.parametrize(
    "path", ["/messages/?period=yesterday", "/analytics/?period=yesterday&wait=1"]
)
def test_nothing_sticks_out_at_any_width(site, page, width, path):
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, site + path)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_nobody_sees_a_number_in_storage_or_history(site, account, page):
    row = next(r for r in account.rows() if r["type"] == "sms_mt" and r["country"] == "FR")
    opened(page, f"{site}/messages/?period=last_30_days")
    page.get_by_label("Recipient").fill(row["destination"])
    show(page)
    page.wait_for_url(re.compile("destination=~1"))
    page.wait_for_load_state("networkidle")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert row["destination"] not in kept
    assert row["destination"][2:] not in kept
