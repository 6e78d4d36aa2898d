"""An analyst before masked messages: reveals one in the panel, for a reason, and it is masked again."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from sandbox import outgoing
from tests.browser.conftest import log_in, opened, rows, violations
from tests.views.conftest import NOW, WALL
from tests.views.talking import NUMBER, account_of, keep

SHOWN = "+33 6 39 98 "
TEXT = "Votre colis 4711 arrive demain"
MESSAGES = [outgoing(7, WALL - timedelta(hours=3), destination=NUMBER, text=TEXT)]


@pytest.fixture
def place(settings, monkeypatch, live_server, page, context, transactional_db):
    """The server's address; the archive holds the message, and an analyst is there."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of(MESSAGES, settings) as box:
        keep(box)
        log_in(context, live_server.url, "analyst", "Analyst")
        yield live_server.url


def test_t22_a_message_is_revealed_beside_the_list_and_masked_when_it_is_opened_again(place, page):
    opened(page, f"{place}/messages/")
    address = page.url
    rows(page).first.locator("a.row-link").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("••")
    panel.locator("summary", has_text="Reveal").click()
    show = panel.get_by_role("button", name="Show number and text")
    show.click()
    expect(panel.locator(".field-error")).to_contain_text("Say why")
    assert violations(page) == []
    panel.get_by_label("Why do you need to see it?").fill("A customer asks")
    show.click()
    expect(panel).to_contain_text("Shown in full this once")
    expect(panel).to_contain_text(TEXT)
    expect(panel).to_contain_text(SHOWN)
    assert page.url == address
    rows(page).first.locator("a.row-link").click()
    expect(panel).not_to_contain_text("4711")
    page.reload()
    expect(page.locator("body")).not_to_contain_text("4711")
    expect(page.locator("body")).not_to_contain_text(SHOWN)
