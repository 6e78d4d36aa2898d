"""One message in a browser, beside the list and on its own page: read, copied, followed."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from sandbox import outgoing
from tests.browser.conftest import log_in, opened, rows, violations
from tests.views.conftest import NOW, WALL
from tests.views.talking import NUMBER, account_of, keep

TEXT = "/chemin : votre colis arrive\ndemain entre 9 h et 12 h"
MESSAGES = [
    outgoing(7, WALL - timedelta(hours=3), destination=NUMBER, text=TEXT),
    outgoing(8, WALL - timedelta(hours=2), destination=NUMBER, text=TEXT, fate="undelivered",
             details="NETWORK_ERROR"),
]  # fmt: skip


@pytest.fixture
def place(settings, monkeypatch, live_server, page, context, transactional_db):
    """The server's address; the archive holds the messages, and somebody of the support is there."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of(MESSAGES, settings) as box:
        keep(box)
        log_in(context, live_server.url, "support", "Support")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield live_server.url


def copied(page: Page, button: str, said: str) -> str:
    """What a button puts into the clipboard, pressed by keyboard; it is said aloud."""
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast[role=status]")).to_contain_text(said)
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_message_is_copied_by_keyboard_as_it_was_written(place, page):
    opened(page, f"{place}/messages/sms_mt/7/")
    assert copied(page, "Copy text", "Text copied") == TEXT, (
        "a text is no address, and keeps its lines"
    )
    whole = copied(page, "Copy whole message", "Message copied")
    assert whole.endswith(TEXT)
    assert "Status: Delivered" in whole
    assert copied(page, "Copy: To", "Copied") == NUMBER
    assert copied(page, "Copy: Message", "Copied") == "7"
    page.get_by_text("The record as the provider gave it").first.click()
    record = json.loads(copied(page, "Copy record", "Record copied"))
    assert (record["message_id"], record["message"]) == (7, TEXT)


def test_without_a_clipboard_the_selection_serves(place, page):
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.add_init_script(
        "document.addEventListener('copy', () => { window.taken = String(document.activeElement.value) })"
    )
    opened(page, f"{place}/messages/sms_mt/7/")
    button = page.get_by_role("button", name="Copy text", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast[role=status]")).to_contain_text("Text copied")
    assert page.evaluate("window.taken") == TEXT
    expect(button).to_be_focused()


def test_the_panel_says_what_to_do_and_leads_to_the_conversation(place, page):
    opened(page, f"{place}/messages/")
    rows(page).first.locator("a.row-link").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("What to tell the customer")
    expect(panel).to_contain_text("A fault in your operator's network")
    expect(panel).to_contain_text("To the same number")
    assert violations(page) == []
    panel.get_by_role("link", name="Conversation", exact=True).click()
    page.wait_for_url(re.compile(r"/conversations/~1\.[\w-]+/$"))
    expect(page.locator("li.turn")).to_have_count(2)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_readable_for_everybody(place, page, context, theme, width):
    context.add_cookies([{"name": "theme", "value": theme, "url": place}])
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{place}/messages/sms_mt/8/")
    for details in ("What we saw change, and when", "The record as the provider gave it"):
        page.get_by_text(details).first.click()
    assert violations(page) == []
    overflow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(overflow)


def test_without_a_script_what_could_be_copied_can_be_selected(place, browser, live_server):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    log_in(context, live_server.url, "colleague", "Support")
    page = context.new_page()
    page.goto(f"{place}/messages/sms_mt/7/")
    expect(page.locator(".message-text")).to_contain_text("votre colis arrive")
    expect(page.get_by_role("button", name="Copy text")).to_be_hidden()
    page.get_by_text("The record as the provider gave it").first.click()
    expect(page.locator("pre.raw-record")).to_contain_text(f'"destination": "{NUMBER}"')
    context.close()
