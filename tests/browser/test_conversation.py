"""From a number to its conversation in a browser: opened, read, gone through, copied."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from messages_app.addresses import conversation_path
from sandbox import incoming, outgoing
from tests.browser.conftest import log_in, opened, rows, violations
from tests.views.conftest import NOW, WALL
from tests.views.talking import NUMBER, account_of, keep, received, sent

PATH = conversation_path(NUMBER)
LONG = [
    *(sent(n, n, text=f"Votre colis numéro {n} arrive demain entre 9 h et 12 h.") for n in range(1, 88)),
    *(received(n, n, "Merci, à demain !", campaign_id=n) for n in range(3, 90, 10)),
    received(200, 2, "STOP"),
    outgoing(300, WALL - timedelta(hours=2), destination=NUMBER, text="Encore une offre", fate="undelivered",
             details="NETWORK_ERROR"),
    incoming(301, WALL - timedelta(minutes=30), sender=NUMBER, text="Qui êtes-vous ? \u202etset"),
]  # fmt: skip


@pytest.fixture
def talk(settings, monkeypatch, live_server, page, context, transactional_db):
    """A long conversation at the provider; somebody of the support is logged in."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    with account_of(LONG, settings) as box:
        log_in(context, live_server.url, "support", "Support")
        yield box, f"{live_server.url}{PATH}"


def turns(page: Page):
    return page.locator("li.turn")


def test_a_number_of_the_list_leads_to_its_conversation(talk, page):
    _box, address = talk
    opened(page, address.replace(PATH, "/messages/?period=last_7_days"))
    rows(page).first.locator(".route a").click()
    page.wait_for_url(re.compile(r"/conversations/~1\.[\w-]+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("+33 6 39 98 12 34")
    expect(turns(page).last).to_be_in_viewport()
    expect(turns(page).last).to_contain_text("Qui êtes-vous ?")
    # And from a message back to where it was read.
    turns(page).last.locator(".bubble-time").click()
    page.get_by_role("link", name="Back to the conversation").click()
    expect(turns(page).last).to_contain_text("Qui êtes-vous ?")


def test_a_conversation_that_does_not_come_says_so_and_can_be_asked_for_again(
    talk, page, complaints
):
    _box, address = talk
    page.route("**/*wait=1*", lambda route: route.abort())
    opened(page, address)
    alert = page.locator("#conversation").get_by_role("alert")
    expect(alert).to_contain_text("This part could not be loaded.")
    expect(page.locator(".skeleton.talk-waits:visible, .state-loading:visible")).to_have_count(0)
    assert violations(page) == []
    page.unroute("**/*wait=1*")
    alert.get_by_role("button", name="Try again").click()
    expect(turns(page)).not_to_have_count(0)
    assert complaints
    complaints.clear()


def test_live_the_frame_comes_first_and_a_look_goes_further_back(talk, page):
    _box, address = talk
    opened(page, address)
    expect(turns(page)).not_to_have_count(0)
    expect(page.locator("[data-unheard]")).to_contain_text("looked through back to")
    before = page.locator("li.turn.is-in").count()
    page.get_by_role("link", name="Look through 14 more days").click()
    expect(page.get_by_role("link", name="Look through 28 more days")).to_be_visible()
    assert page.locator("li.turn.is-in").count() > before
    page.get_by_role("link", name="Look through 28 more days").click()
    expect(page.get_by_text("back to", exact=False).first).to_be_attached()
    keys = turns(page).evaluate_all("all => all.map(one => one.dataset.key)")
    assert len(keys) == len(set(keys)), "no message stands twice"
    moments = page.locator("li.turn time").evaluate_all("all => all.map(one => one.dateTime)")
    assert moments == sorted(moments)
    assert page.url == address, "the address stays that of the whole conversation"


def test_earlier_messages_come_above_and_the_place_stays(talk, page):
    box, address = talk
    keep(box)
    opened(page, address)
    expect(turns(page)).to_have_count(50)
    top = turns(page).first
    first = top.get_attribute("data-key")
    link = page.get_by_role("link", name="Earlier messages")
    link.focus()
    page.keyboard.press("Enter")
    expect(turns(page)).to_have_count(99)
    expect(page.get_by_text("Nothing earlier is known of this number")).to_be_attached()
    assert turns(page).nth(49).get_attribute("data-key") == first
    expect(turns(page).first.locator(".bubble")).to_be_focused()
    moments = page.locator("li.turn time").evaluate_all("all => all.map(one => one.dateTime)")
    assert moments == sorted(moments)


def test_an_answered_message_is_found_from_its_reply(talk, page):
    box, address = talk
    keep(box)
    opened(page, address)
    page.locator(".bubble-answers a").last.click()
    expect(page.locator("li.turn:target")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_readable_for_everybody(talk, page, context, theme, width):
    box, address = talk
    keep(box)
    context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, address)
    expect(page.locator("[data-flag]").last).to_be_visible()
    assert violations(page) == []
    overflow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(overflow), "nothing is cut, nothing scrolls sideways"


def test_an_unfinished_look_is_readable_too(talk, page):
    _box, address = talk
    opened(page, address)
    expect(page.locator("[data-unheard]")).to_be_attached()
    assert violations(page) == []


def test_without_a_script_everything_is_there_and_links_lead_on(talk, browser, live_server):
    _box, address = talk
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    log_in(context, live_server.url, "colleague", "Support")
    page = context.new_page()
    page.goto(address)
    expect(turns(page)).not_to_have_count(0, timeout=30_000)
    page.get_by_role("link", name="Look through 14 more days").click()
    expect(page.get_by_role("link", name="To the latest messages")).to_be_visible()
    expect(page.locator("li.turn.is-in")).not_to_have_count(0)
    page.get_by_role("link", name="To the latest messages").click()
    expect(turns(page).last).to_contain_text("Qui êtes-vous ?", timeout=30_000)
    context.close()


def test_the_number_is_copied_by_keyboard_and_said(talk, page, context):
    box, address = talk
    keep(box)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, address)
    page.get_by_role("button", name="Copy number").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").last).to_contain_text("Number copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"+{NUMBER}"
