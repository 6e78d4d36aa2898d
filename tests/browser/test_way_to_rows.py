"""Ways to rows that are not one step: whole ranges behind their frame, and the login in between."""

import re

from playwright.sync_api import expect

from sandbox import Faults
from tests.browser.conftest import opened, rows, violations


def test_a_whole_range_shows_its_frame_while_it_is_read(site, page, account):
    opened(page, f"{site}/messages/?country=AQ")
    account.faults = Faults(latency=0.7)
    page.goto(f"{site}/messages/?period=yesterday&sort=-cost", wait_until="commit")
    expect(page.get_by_text("are being read from the provider")).to_be_visible()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    assert violations(page) == []
    expect(rows(page)).not_to_have_count(0, timeout=30_000)
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#as-of")).to_be_visible()
    expect(page.locator(".question")).to_contain_text(re.compile(r"^\d"))
    assert page.url.endswith("/messages/?period=yesterday&sort=-cost")


def test_a_whole_range_comes_without_javascript_too(plain):
    page, url = plain
    page.goto(f"{url}/messages/?period=yesterday&sort=-cost")
    expect(rows(page)).not_to_have_count(0, timeout=30_000)


def test_a_filter_set_after_the_session_ended_is_answered_after_the_login(site, page, context):
    opened(page, f"{site}/messages/?country=BE")
    context.clear_cookies(name="sessionid")
    page.get_by_label("Recipient").fill("06 39 98 12 34")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile("/accounts/login/"))
    page.locator("[name=login]").fill("support")
    page.locator("[name=password]").fill("a long password")
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile(r"/messages/\?destination=~1[^&]+&country=BE$"))
    expect(page.locator(".question")).to_contain_text("to +33 6 39 98 12 34, country: Belgium")


def test_a_broken_link_stays_an_error_in_the_form(site, page):
    opened(page, f"{site}/messages/?destination=~1.AAAA")
    page.get_by_label("Country").fill("FR")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Country")).to_have_value("FR")
    expect(page.get_by_text("This link was cut off or altered")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Leave it out").click()
    expect(rows(page)).not_to_have_count(0)
