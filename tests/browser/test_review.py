"""The review in a browser: a flag from its message to done, and a range that is read again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from messages_app.archive import worker as worker_module
from messages_app.archive.plan import Policy
from messages_app.archive.windows import Window
from messages_app.archive.worker import Worker
from messages_app.made import Flag
from messages_app.models import Span
from messages_app.sources import live_source
from messages_app.views import review_archive
from tests.browser.conftest import log_in, opened, rows, violations
from tests.views.conftest import NOW, WALL
from tests.views.test_archive import sync

NOTE = "Nothing came, says the customer"


@pytest.fixture
def desk(account, live_server, context, monkeypatch):
    """An administrator before an archive that holds the last days; the server's address."""
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    log_in(context, live_server.url, "administrator", "Administrator")
    return live_server.url


def test_a_message_is_flagged_beside_the_list_and_its_flag_is_done(desk, page):
    opened(page, f"{desk}/messages/")
    row = rows(page).nth(2)
    row.locator("a.row-link").click()
    page.locator("#panel summary", has_text="Flag for review").click()
    page.locator("#panel").get_by_role("button", name="Flag", exact=True).click()
    expect(page.locator("#panel .field-error")).to_have_text("Say what should be looked at.")
    page.get_by_label("What should be looked at?").fill(NOTE)
    page.locator("#panel").get_by_role("button", name="Flag", exact=True).click()
    expect(page.locator("#panel .flag-line")).to_contain_text(f"{NOTE} flagged by administrator")
    assert "/messages/" in page.url
    opened(page, f"{desk}/messages/")
    expect(rows(page).nth(2).locator(".flag-mark")).to_be_visible()

    page.get_by_role("link", name="Review", exact=True).click()
    page.locator(".review-pages").get_by_role("link", name="Flags 1").click()
    flag = page.locator("[data-flag]")
    expect(flag).to_contain_text(NOTE)
    assert violations(page) == []
    flag.get_by_role("button", name="Mark done").click()
    expect(page.locator(".state-empty")).to_contain_text("No flag is open")
    expect(page.locator(".review-pages").get_by_role("link", name="Flags 0")).to_be_visible()
    page.get_by_role("link", name="Done", exact=True).click()
    expect(flag).to_contain_text("done by administrator")
    assert Flag.objects.get().done_at
    opened(page, f"{desk}/messages/")
    expect(page.locator(".flag-mark")).to_have_count(0)


@pytest.fixture
def working(desk, monkeypatch):
    """A worker that reads a little at each look at the progress, so that both take turns."""
    sync(Window(WALL.replace(day=1, hour=0), WALL))
    Span.objects.update(fetched_at=NOW, settled=True)
    monkeypatch.setattr(worker_module, "CYCLE_SECONDS", 0.0)
    source = live_source()
    worker = Worker(
        source.client, source.api_url, lambda: NOW, stopped=lambda: False, sleep=lambda _s: None,
        at_once=1, days_at_once=2,
        # The sandbox's answers bear the real day, which lies ahead of the test's.
        policy=replace(Policy(), ahead=replace(Policy().ahead, age=timedelta(0))),
    )  # fmt: skip
    tell = review_archive.reread_context

    def work_and_tell():
        worker.cycle()
        return tell()

    monkeypatch.setattr(review_archive, "reread_context", work_and_tell)
    return desk


def test_a_range_is_read_again_while_one_looks(working, page):
    opened(page, f"{working}/review/archive/?month=2026-11")
    # What was read before this moment is not enough.
    Span.objects.update(fetched_at=NOW.replace(hour=14))
    Span.objects.filter(start__lte=WALL.replace(day=5)).update(settled=True)
    expect(page.locator('[data-day="9"]')).to_have_attribute("data-state", "complete")
    assert violations(page) == []
    page.get_by_label("From day").fill("2026-11-02")
    page.get_by_label("To day").fill("2026-11-11")
    page.get_by_role("button", name="Read again").click()
    reread = page.locator("[data-reread]").first
    expect(reread.locator("progress")).to_be_visible()
    seen = [int(reread.get_attribute("data-share") or "")]
    while reread.locator("progress").count():
        page.wait_for_function(
            "seen => !document.querySelector('[data-reread] progress')"
            " || Number(document.querySelector('[data-reread]').dataset.share) > seen",
            arg=seen[-1], timeout=60_000,
        )  # fmt: skip
        seen.append(int(reread.get_attribute("data-share") or ""))
    assert len(seen) >= 3
    assert seen == sorted(seen)
    expect(reread).to_contain_text("done,")
    expect(page.locator('[data-day="9"]')).to_have_attribute("data-state", "complete")
    expect(page.locator("#rereads")).not_to_have_attribute("hx-trigger", "every 2s")


def test_traffic_and_people_are_for_everybody_s_eyes(desk, page):
    opened(page, f"{desk}/review/?period=last_7_days")
    expect(page.locator("#panel_senders .table-wrap, #panel_senders .state")).to_be_visible()
    assert violations(page) == []
    page.locator(".review-pages").get_by_role("link", name="People").click()
    expect(page.get_by_role("rowheader", name="administrator")).to_be_visible()
    assert violations(page) == []
