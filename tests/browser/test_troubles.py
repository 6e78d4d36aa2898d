"""What stands when an answer is late or fails: rows, the question, what was typed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from messages_app.models import Span
from sandbox import Faults
from tests.browser.conftest import keys, opened, rows, show, violations
from tests.conftest import person
from tests.views.conftest import NOW
from tests.views.test_archive import sync


def test_a_login_in_another_tab_loses_nothing_that_was_typed(site, page, context, complaints):
    opened(page, f"{site}/messages/?period=yesterday")
    context.clear_cookies(name="sessionid")
    other = context.new_page()
    opened(other, f"{site}/accounts/login/")
    other.get_by_label("User name or e-mail").fill("support")
    other.get_by_label("Password").fill("a long password")
    other.get_by_role("button", name="Log in").click()
    other.wait_for_url(re.compile("/messages/"))
    page.get_by_label("Country").fill("France")
    page.get_by_label("Text contains").fill("colis")
    show(page)
    page.wait_for_url(re.compile(r"message=~1.*country=FR|country=FR.*message=~1"))
    expect(page.locator("#question")).to_contain_text("France")
    expect(page.locator(".toast")).to_be_empty()
    assert page.locator("#id_message").input_value() == "colis"
    page.get_by_label("Period").select_option("last_7_days")
    expect(page.locator("#question")).to_contain_text("last 7 days")
    assert complaints
    assert all("403" in complaint for complaint in complaints)
    complaints.clear()


@pytest.fixture
def refreshing(site, account, page, monkeypatch):
    """A list that refreshes itself; its clock stands under the test's hand."""
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 1.0)
    page.clock.install()
    opened(page, f"{site}/messages/?period=yesterday&refresh=1")
    page.locator("#figures [data-figure]").first.wait_for()
    return page


def later(page, monkeypatch, seconds: int) -> None:
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW + timedelta(seconds=seconds))
    page.clock.run_for(31_000)


def test_a_refresh_that_fails_leaves_the_rows_and_says_so_until_one_succeeds(
    refreshing, account, monkeypatch
):
    page, note = refreshing, refreshing.locator("#results [data-stale]")
    shown, figure = keys(page), page.locator('[data-figure="outgoing"] .figure-value')
    counted = figure.text_content() or ""
    expect(note).to_be_hidden()
    account.faults = Faults(down="always")
    later(page, monkeypatch, 31)
    expect(note).to_be_visible()
    expect(note).to_contain_text("These rows are from 15:00:00.")
    expect(note.locator("[data-why]")).not_to_be_empty()
    expect(page.locator("#as-of")).to_contain_text("15:00:00")
    assert keys(page) == shown
    expect(figure).to_have_text(counted)
    assert violations(page) == []
    account.faults = Faults()
    with page.expect_response(re.compile("/messages/figures/")):
        monkeypatch.setattr("messages_app.clock.now", lambda: NOW + timedelta(seconds=90))
        note.get_by_role("button", name="Try again").click()
    expect(note).to_be_hidden()
    expect(page.locator("#as-of")).to_contain_text("15:01:30")


def test_a_refresh_tells_of_a_new_source_wherever_that_stands(site, page, monkeypatch):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    sync()
    page.clock.install()
    opened(page, f"{site}/messages/?period=yesterday&refresh=1")
    badge, table = page.locator("[data-source-name]"), page.locator("table.rows")
    expect(badge).to_have_text("archive")
    Span.objects.all().delete()
    later(page, monkeypatch, 31)
    expect(table).to_have_attribute("data-source", "live")
    expect(badge).to_have_text("live")
    expect(page.locator("#as-of")).to_contain_text("as of 15:00:31")


def test_a_refresh_that_is_not_answered_at_all_leaves_the_rows(refreshing, monkeypatch, complaints):
    page, shown = refreshing, keys(refreshing)
    page.route("**/messages/?*", lambda route: route.abort())
    later(page, monkeypatch, 31)
    expect(page.locator("#results [data-stale]")).to_contain_text("could not be loaded")
    assert keys(page) == shown
    expect(page.locator(".toast")).to_be_empty()
    assert complaints
    complaints.clear()


def test_rows_that_do_not_come_say_so_in_their_place_and_can_be_asked_for_again(
    site, page, complaints
):
    page.route("**/*wait=1*", lambda route: route.abort())
    opened(page, f"{site}/messages/?period=yesterday&sort=-cost")
    results = page.locator("#results")
    expect(results.get_by_role("alert")).to_contain_text("This part could not be loaded.")
    expect(results.locator(".skeleton:visible, .state-loading:visible")).to_have_count(0)
    expect(page.locator(".toast")).to_be_empty()
    assert violations(page) == []
    page.unroute("**/*wait=1*")
    results.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert complaints
    complaints.clear()


def test_figures_that_cannot_be_counted_anew_stay(refreshing, account, monkeypatch):
    page = refreshing
    counted = page.locator('[data-figure="outgoing"] .figure-value').text_content() or ""
    page.route("**/messages/figures/*", lambda route: spoilt(route, account))
    later(page, monkeypatch, 31)
    note = page.locator("#figures [data-stale]")
    expect(note).to_contain_text("These figures are from 15:00:00.")
    expect(page.locator('[data-figure="outgoing"] .figure-value')).to_have_text(counted)
    assert rows(page).count() == 50


def spoilt(route, account) -> None:
    account.faults = Faults(down="always")
    route.continue_()


def holding(page: Page, address: str) -> list[Route]:
    """The requests to an address, held until the test lets them go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(address), hold)
    return held


def let_go(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()


def test_a_late_answer_fades_the_rows_and_marks_the_header(site, account, page):
    opened(page, f"{site}/messages/?period=yesterday")
    held = holding(page, "sort=destination")
    page.locator("#sort-route-2").click()
    header = page.locator("th.col-route")
    expect(header).to_have_attribute("aria-busy", "true")
    results = page.locator("#results")
    expect(results).to_have_css("opacity", "0.5")
    assert float(results.evaluate("one => parseFloat(getComputedStyle(one).transitionDelay)")) > 0
    let_go(page, held)
    page.wait_for_url(re.compile("sort=destination"))
    expect(page.locator("#content")).to_have_attribute("aria-busy", "false")
    expect(results).to_have_css("opacity", "1")


def test_what_is_typed_while_the_answer_is_on_its_way_stays(site, page):
    opened(page, f"{site}/messages/")
    held = holding(page, r"/messages/$")
    page.get_by_label("Period").select_option("yesterday")
    field = page.get_by_label("Country")
    field.click()
    page.keyboard.type("Bel")
    let_go(page, held)
    expect(page.locator("#question")).to_contain_text("yesterday")
    page.keyboard.type("gium")
    expect(field).to_have_value("Belgium")
    expect(field).to_be_focused()


def test_a_login_is_greeted_once_and_not_in_the_administration(live_server, account, page, context):
    person("admin", "Administrator")
    opened(page, f"{live_server.url}/accounts/login/")
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".toast")).to_contain_text("admin")
    page.goto(f"{live_server.url}/messages/?period=yesterday")
    expect(page.locator(".toast")).to_be_empty()


def test_the_administration_complains_of_nothing(live_server, administrator_client, page, context):
    session = administrator_client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    missing = []

    def note(response) -> None:
        if response.status >= 400:
            missing.append(response.url)

    page.on("response", note)
    opened(page, f"{live_server.url}/admin/")
    assert page.locator('link[rel="icon"]').count() == 1
    assert missing == []
