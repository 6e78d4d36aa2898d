"""The archive under review: its calendar, ranges that are read again, workers, failures, times."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.archive import pulse, timing
from messages_app.archive.rereads import DONE, STOPPED
from messages_app.archive.tables import Reread
from messages_app.audited import AuditLine
from messages_app.models import Quarantine, Span, SyncRun
from tests.archive.storing import store
from tests.factories import record
from tests.views.conftest import NOW, WALL
from tests.views.test_archive import sync
from tests.views.test_message_page import words as run_on
from tests.views.test_personal import somebody_with

pytestmark = pytest.mark.django_db

PAGE = "/review/archive/"
AGAIN = "/review/archive/reread/"
CELL = re.compile(r'data-day="(\d+)" data-state="(\w+)">(.*?)</td>', re.DOTALL)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)


@pytest.fixture
def client(administrator_client):
    return administrator_client


def words(text: str) -> str:
    """The words of a page, cells of a table apart."""
    return run_on(text.replace("><", "> <"))


def shown(client, path: str = PAGE, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def states(text: str) -> dict[int, str]:
    return {int(day): state for day, state, _cell in CELL.findall(text)}


def hold(first: datetime, last: datetime, *, settled: bool = True) -> None:
    Span.objects.create(start=first, end=last, fetched_at=NOW, settled=settled)


def run(minutes: int, outcome: str, reason: str = "") -> None:
    moment = NOW - timedelta(minutes=minutes)
    SyncRun.objects.create(
        kind="gap", owner="host:1:abcd", start=WALL, end=WALL, began_at=moment, ended_at=moment,
        outcome=outcome, reason=reason, rows=7, calls=3,
    )  # fmt: skip


def test_the_calendar_tells_in_words_what_is_held_of_each_day_and_leads_to_its_messages(client):
    hold(datetime(2026, 11, 1), datetime(2026, 11, 10, 23, 59, 59))
    hold(datetime(2026, 11, 11), datetime(2026, 11, 12, 11, 59, 59), settled=False)
    store([record(message_id=n, date=datetime(2026, 11, 9, 8)) for n in range(1200)])
    Quarantine.objects.create(
        start=datetime(2026, 11, 3), end=datetime(2026, 11, 3, 1), reason="x", seen_at=NOW
    )
    text = shown(client)
    found = states(text)
    assert len(found) == 30
    told = [found[day] for day in (2, 3, 9, 11, 12, 13, 18, 19)]
    assert told == [
        "complete", "quarantined", "complete", "settling", "missing", "missing", "missing", "ahead",
    ]  # fmt: skip
    cells = {int(day): cell for day, _state, cell in CELL.findall(text)}
    assert "1,200" in cells[9]
    assert "1 case" in cells[3]
    assert "50.0% held" in cells[12]
    assert 'href="/messages/?date_start=2026-11-09' in unescape(cells[9])
    assert all(word in words(cells[day]) for day, word in ((2, "complete"), (12, "missing")))
    assert "November 2026" in text
    assert "1,200 messages in this month" in text


@pytest.mark.parametrize(
    "month", ["", "x", "2026-13", "0001-01", "9999-12", "2026-11-01", "²026-11"]
)
def test_what_is_no_month_is_this_one(client, month):
    assert "November 2026" in shown(client, f"{PAGE}?month={month}")


def test_other_months_are_a_link_away(client):
    text = shown(client, f"{PAGE}?month=2026-05")
    assert "?month=2026-04" in text
    assert "?month=2026-06" in text
    assert set(states(text).values()) == {"forgotten", "missing"}, (
        "the provider's memory begins there"
    )
    assert set(states(shown(client, f"{PAGE}?month=2027-02")).values()) == {"ahead"}


def test_a_range_is_asked_for_recorded_and_told(client):
    hold(datetime(2026, 11, 1), datetime(2026, 11, 10, 23, 59, 59))
    answer = client.post(AGAIN, {"first": "2026-11-02", "last": "2026-11-03", "month": "2026-10"})
    assert answer.url == "/review/archive/?month=2026-10#again"
    made = Reread.objects.get()
    assert (made.start, made.end) == (datetime(2026, 11, 2), datetime(2026, 11, 3, 23, 59, 59))
    line = AuditLine.objects.get(act="sync_started")
    assert (line.name, line.about) == ("administrator", "2026-11-02 00:00:00 – 2026-11-03 23:59:59")
    text = words(shown(client))
    assert "100.0% is read again." in text, "the span was read at this very moment"
    Span.objects.update(fetched_at=NOW - timedelta(minutes=1))
    text = shown(client)
    assert ">0.0% is read again." in text
    assert 'hx-trigger="every 2s"' in text
    part = shown(client, AGAIN, **{"hx-request": "true"})
    assert part.lstrip().startswith('<div id="rereads"')
    assert "<html" not in part


def test_who_has_no_script_asks_for_the_page_again(client):
    assert client.get(AGAIN).url == PAGE


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "2026-11-03", "This field is required."),
        ("2026-11-31", "2026-11-03", "does not exist in the calendar"),
        ("2026-11-03", "2026-11-02", "This lies before the first day."),
        ("2026-12-01", "2026-12-02", "or they are to come"),
        ("2025-01-01", "2025-02-01", "the provider shows nothing"),
    ],
)
def test_a_range_that_cannot_be_read_says_so_beside_its_field(client, first, last, said):
    text = client.post(AGAIN, {"first": first, "last": last}).content.decode()
    assert said in unescape(text)
    assert f'value="{first}"' in text
    assert not Reread.objects.exists()
    assert not AuditLine.objects.filter(act="sync_started").exists()


def test_it_can_be_stopped_and_then_says_so(client):
    client.post(AGAIN, {"first": "2026-11-02", "last": "2026-11-03"})
    pk = Reread.objects.get().pk
    assert client.post(f"{AGAIN}{pk}/").status_code == 302
    assert client.post(f"{AGAIN}999/").status_code == 302
    assert Reread.objects.get().outcome == STOPPED
    text = shown(client)
    assert "stopped, 15:00:00" in text
    assert "every 2s" not in text


def test_when_all_is_read_the_calendar_is_drawn_anew(client):
    Reread.objects.create(
        start=WALL, end=WALL, asked_at=NOW, asked_by="a", ended_at=NOW, outcome=DONE
    )
    answer = client.get(AGAIN, headers={"hx-request": "true"})
    assert answer["HX-Trigger"] == "reread" or "reread" in answer["HX-Trigger"]
    assert 'hx-trigger="reread from:body"' in shown(client)


def test_workers_failures_and_times_are_told(client):
    run(200, "failed", "network")
    run(100, "failed", "network")
    run(5, "ok")
    timing.note([0.2] * 9 + [40.0], NOW)
    text = words(shown(client))
    assert "host:1 gone – 11:40:00 14:55:00 3 2 21 9" in text
    assert "network 11:40:00 13:20:00 2 over" in text
    assert "9 calls of workers, 10 of them answered and timed, 4.18 s each on average" in text
    assert "15:00:00 10 4.18 s 0.2 s over 30 s" in text


def test_a_worker_is_listed_as_soon_as_its_pulse_is_felt(client):
    pulse.beat("host:5:abcd")
    assert "host:5 at rest – – – 0 0 0 0" in words(shown(client))


def test_an_archive_of_nothing_says_so_everywhere(client):
    text = shown(client)
    for sentence in (
        "No range was read again by hand lately.", "No worker was there", "Nothing failed.",
        "No call was timed", "Nothing was read yet.", "Nothing is in quarantine.",
    ):  # fmt: skip
        assert sentence in text
    assert set(states(text).values()) == {"missing", "ahead"}


def test_a_large_archive_is_told_by_as_many_statements(client):
    def count() -> int:
        shown(client)
        with CaptureQueriesContext(connection) as statements:
            shown(client)
        return len(statements)

    client.post(AGAIN, {"first": "2026-11-02", "last": "2026-11-03"})
    before = count()
    for n in range(200):
        run(n, "ok" if n % 2 else "failed", f"kind {n % 7}")
        Quarantine.objects.create(
            start=WALL - timedelta(days=n), end=WALL, reason="x", seen_at=NOW, message_id=str(n)
        )
    assert count() == before


def test_a_hostile_id_in_quarantine_is_shown_as_what_it_is(client):
    Quarantine.objects.create(
        start=WALL, end=WALL, reason="<b>", seen_at=NOW, message_id="<script>\u202e"
    )
    text = shown(client)
    assert "&lt;script&gt;␣" in text
    assert "&lt;b&gt;" in text


@pytest.mark.parametrize(
    ("may", "is_seen"), [((), False), (("see_personal",), True)], ids=["masked", "open"]
)
def test_t22_what_came_as_an_id_is_masked_in_quarantine_as_everywhere(db, may, is_seen):
    Quarantine.objects.create(
        start=WALL, end=WALL, reason="x", seen_at=NOW, message_id="id of +33 6 39 98 00 01"
    )
    text = shown(somebody_with("see_messages", "review", *may))
    assert ("39 98 00 01" in text) is is_seen
    assert "id of" in text


def test_a_worker_s_runs_and_times_stand_there_after_a_sync(account, client):
    sync()
    text = words(shown(client))
    assert "by hand" in text
    assert "complete" in text
    assert "No call was timed" not in text


def test_only_who_reviews_has_these_pages(db):
    other = somebody_with("see_messages", "see_personal", "see_figures", "flag", "share", "export")
    Reread.objects.create(start=WALL, end=WALL, asked_at=NOW, asked_by="a")
    assert other.get(PAGE).status_code == 403
    assert other.get(AGAIN).status_code == 403
    assert other.post(AGAIN, {"first": "2026-11-02", "last": "2026-11-03"}).status_code == 403
    assert other.post(f"{AGAIN}{Reread.objects.get().pk}/").status_code == 403
    assert Reread.objects.get().ended_at is None
