"""T12, T13, T14: hostile texts before a real browser, in every place that shows them: none of them runs.

Each would set `window.pwned`, open a dialog, or make the console complain; the last fails any test here.
"""

from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from messages_app.analysis.query import MessageQuery
from messages_app.privacy import FULL
from messages_app.visible import one_line
from tests.browser.conftest import opened, rows
from tests.campaign import rounds
from tests.hostile import MARKUP, TEXTS, sample
from tests.views.conftest import NOW
from tests.views.links_made import at, link_of
from tests.views.test_hostile import NUMBER, fill, prefer_all_columns

COUNT = rounds(sample=40, full=len(TEXTS))
AT_ONCE = 90
"""Texts with two rows each: they fit a page of the list."""


@pytest.fixture
def root(account, live_server, context, monkeypatch) -> User:
    at(NOW, monkeypatch)
    user = User.objects.create_superuser("root", "", "a long password")
    prefer_all_columns(user)
    client = Client()
    client.force_login(user)
    session = client.cookies["sessionid"].value
    context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url, "httpOnly": True}]
    )
    return user


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("window.pwned === undefined")
    assert page.locator("main script, main iframe, main object, main embed, main base").count() == 0
    assert page.evaluate("document.title") != ""


def look(page: Page, address: str) -> None:
    opened(page, address)
    assert_nothing_ran(page)


def visit(page: Page, site: str, user: User, texts: list[str]) -> None:
    """Every place, with all of the texts in it."""
    week = "period=last_7_days&per_page=200"
    look(page, f"{site}/messages/?{week}")
    shown = page.locator("td.text .cell-text").all_inner_texts()
    assert {one_line(text).strip()[:30] for text in texts} <= {one.strip()[:30] for one in shown}
    rows(page).nth(1).click()
    expect(page.locator("#panel .panel-head")).to_be_visible()
    assert_nothing_ran(page)
    for path in (f"/analytics/?{week}", "/review/?period=last_7_days", f"/conversations/{NUMBER}/",
                 "/views/", "/shares/", "/messages/sms_mt/1/", "/exports/"):  # fmt: skip
        look(page, site + path)
    for text in texts[:3]:
        look(page, f"{site}/search/?q={quote(text)}")
    _link, token = link_of(
        user, MessageQuery(now=NOW), texts=FULL, numbers=FULL, label=texts[0][:60]
    )
    page.goto(f"{site}/s/{token}/")
    page.get_by_role("button", name="Open the view").click()
    page.wait_for_url("**/shared/messages/**")
    page.wait_for_load_state("networkidle")
    assert_nothing_ran(page)


def test_t12_t13_t14_nothing_that_anybody_sent_runs_in_a_browser(page, root, live_server):
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    texts = [MARKUP[0], *sample(COUNT, 121)]
    for first in range(0, len(texts), AT_ONCE):
        part = texts[first : first + AT_ONCE]
        fill(root, part)
        visit(page, live_server.url, root, part)
