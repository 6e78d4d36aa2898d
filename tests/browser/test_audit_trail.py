"""An administrator finds in the browser who asked for a number."""

from playwright.sync_api import expect

from messages_app.audit import Act, record
from tests.browser.conftest import log_in, violations
from tests.conftest import person


def test_an_administrator_finds_who_asked_for_a_number(account, live_server, page, context):
    log_in(context, live_server.url, "administrator", "Administrator")
    for name, number in (("amina", "33639980007"), ("brice", "33639980008")):
        record(Act.SEARCHED, who=person(name), numbers=[number])
    page.goto(f"{live_server.url}/review/audit/")
    lines = page.locator("[data-line]")
    expect(page.locator(".trail")).to_contain_text("Logged in")
    assert violations(page) == []
    page.get_by_role("textbox", name="About the number").fill("06 39 98 00 07")
    page.get_by_role("button", name="Show").click()
    # To ask is recorded too.
    expect(page.get_by_role("status").first).to_have_text("Lines: 2")
    expect(lines.nth(0)).to_contain_text("Read the audit trail")
    expect(lines.nth(1)).to_contain_text("amina")
    assert "980007" not in page.url
