"""Logging in with a second factor, and what a page asks by itself, in a real browser."""

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in as enter
from tests.browser.conftest import violations
from tests.codes import code_of
from tests.conftest import person


@pytest.fixture(autouse=True)
def no_attempts():
    cache.clear()
    yield
    cache.clear()


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/?next=/views/")
    page.get_by_label("User name or e-mail").fill("support")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.locator("summary", has_text="support").click()
    page.get_by_role("button", name="Log out").click()


def test_t09_somebody_sets_up_a_second_factor_and_logs_in_with_it(page, live_server):
    person("support", "Support")
    log_in(page, live_server.url)
    expect(page).to_have_url(f"{live_server.url}/views/")
    page.locator("summary", has_text="support").click()
    page.get_by_role("link", name="Your account").click()
    assert violations(page) == []
    page.get_by_role("link", name="At 1 place").click()
    assert violations(page) == []
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Set up a second factor").click()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    assert violations(page) == []
    key = page.get_by_label("Key", exact=True).input_value()
    page.get_by_label("Code of the app").fill(code_of(key))
    page.get_by_role("button", name="Switch it on").click()
    codes = page.locator("#codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    log_out(page)
    log_in(page, live_server.url)
    field = page.get_by_label("Code of your app, or one of your recovery codes")
    expect(field).to_be_focused()
    assert violations(page) == []
    field.fill("000000")
    field.press("Enter")
    expect(page.get_by_text("This code is not right, or was used before.")).to_be_visible()
    field.fill(code_of(key))
    field.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/views/")

    log_out(page)
    log_in(page, live_server.url)
    field.fill(codes[0])
    field.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/views/")


def test_somebody_is_invited_by_a_form_that_says_what_is_missing(
    context, page, live_server, settings
):
    settings.EMAIL_URL = "smtp://mail.example.org"
    enter(context, live_server.url, "administrator", "Administrator")
    page.goto(f"{live_server.url}/accounts/invite/")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("Choose a role.")).to_be_visible()
    assert violations(page) == []


def test_t10_only_what_a_page_asks_by_itself_is_marked_so(site, page):
    seen: list[tuple[str, bool]] = []
    page.on(
        "request",
        lambda one: seen.append((one.url.partition("?")[0], "x-by-itself" in one.headers)),
    )
    page.goto(f"{site}/messages/?refresh=1&period=last_30_days")
    page.locator("tr[data-key]").first.wait_for()
    page.wait_for_load_state("networkidle")
    by_itself = {url for url, is_marked in seen if is_marked}
    assert f"{site}/messages/figures/" in by_itself
    assert f"{site}/messages/" not in by_itself

    seen.clear()
    page.locator(".row-link").first.click()
    page.locator("#panel > *").first.wait_for()
    assert seen[0][1] is False
