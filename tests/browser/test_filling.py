"""A range that is being fetched: the page shows what is there, counts on, and can stop it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from messages_app.analysis import choice
from messages_app.archive import worker as worker_module
from messages_app.archive.windows import Window
from messages_app.archive.worker import Worker
from messages_app.models import SyncRun
from messages_app.sources import live_source
from messages_app.views import provenance
from tests.browser.conftest import rows, violations
from tests.views.conftest import NOW, WALL
from tests.views.test_archive import a_worker_is_there, sync


@pytest.fixture
def working(account, site, monkeypatch):
    """A worker that reads one window at each look at the progress, so that both take turns."""
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    monkeypatch.setattr(worker_module, "CYCLE_SECONDS", 0.0)
    began = NOW - timedelta(seconds=5)
    SyncRun.objects.create(kind="gap", owner="b", start=WALL, end=WALL, began_at=began)
    source = live_source()
    one = Worker(
        source.client, source.api_url, lambda: NOW, stopped=lambda: False, sleep=lambda _s: None,
        at_once=1, days_at_once=1,
    )  # fmt: skip
    look_at = choice.look_at

    def look_and_work(query, now):
        found = look_at(query, now)
        if not found.is_stopped:
            one.cycle()
        return look_at(query, now)

    monkeypatch.setattr(provenance, "look_at", look_and_work)
    account.reset_calls()
    return account


def calls_shown(page) -> int:
    text = page.locator("[data-calls]").inner_text()
    found = re.match(r"[\d,]+", text)
    assert found
    return int(found[0].replace(",", ""))


def test_progress_moves_with_every_call_and_ends_in_the_charts(working, site, page):
    page.goto(f"{site}/analytics/?date_start=2026-11-06&date_end=2026-11-18")
    seen = [calls_shown(page)]
    bars = [int(page.locator("progress").get_attribute("value"))]
    while len(seen) < 4:
        page.wait_for_function(
            "seen => !document.querySelector('[data-calls]')"
            " || parseInt(document.querySelector('[data-calls]').textContent) > seen",
            arg=seen[-1],
        )
        if not page.locator("[data-calls]").count():
            break
        assert calls_shown(page) <= working.calls
        seen.append(calls_shown(page))
        bars.append(int(page.locator("progress").get_attribute("value")))
    assert len(seen) >= 3
    assert seen == sorted(set(seen))
    assert bars == sorted(bars)
    assert bars[-1] > bars[0]
    expect(page.locator("#filling")).to_have_count(0, timeout=60_000)
    expect(page.locator("canvas").first).to_be_visible()
    expect(page.locator("[data-source-name=archive]")).to_be_visible()


def test_a_row_opens_while_the_rest_of_its_range_is_fetched(site, page, monkeypatch):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    sync(Window(WALL - timedelta(days=2), WALL + timedelta(days=40)))
    a_worker_is_there()
    page.goto(f"{site}/messages/?sort=-cost")
    expect(page.locator("#filling progress")).to_be_visible()
    rows(page).nth(2).locator("a.row-link").click()
    expect(page.locator("#panel .message-text")).to_be_visible()
    sync()
    expect(page.locator("#filling")).to_have_count(0)
    expect(page.locator("#results table.rows")).to_have_attribute("data-source", "archive")


def test_the_calls_that_are_shown_are_those_that_the_provider_counted(working, site, page):
    page.goto(f"{site}/analytics/?period=last_7_days")
    page.get_by_role("button", name="Stop fetching").click()
    expect(page.get_by_text("Fetching is stopped.")).to_be_visible()
    assert calls_shown(page) == working.calls > 0
    page.wait_for_timeout(2500)
    assert calls_shown(page) == working.calls
    assert violations(page) == []
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Stop fetching")).to_be_visible()
