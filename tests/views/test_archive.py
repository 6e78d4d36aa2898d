"""Pages answered from the archive: the same rows and figures as live, with their age and gaps."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messages_app.analysis.breakdowns import analyse
from messages_app.analysis.listing import sorted_records
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import bucket_for
from messages_app.archive.looks import recent
from messages_app.archive.plan import kept_from, plan
from messages_app.archive.store import spans_in
from messages_app.archive.sync import Syncer
from messages_app.archive.windows import Window
from messages_app.figures_json import answer_json
from messages_app.filters import question_url
from messages_app.models import Look, Message, Span, SyncRun
from messages_app.sources import live_source
from sandbox import Faults
from tests.archive.image import Image
from tests.campaign import rounds
from tests.factories import answered
from tests.views.conftest import NOW, WALL
from tests.views.test_differential import (
    PARTS,
    ROW,
    check_page,
    expected,
    holds,
    page_of,
    questions,
    truth,
)
from tests.views.test_lists import links

__all__ = ["truth"]

HELD = Window(WALL - timedelta(days=12), WALL + timedelta(days=40))
SOURCE = re.compile(r'data-source="(\w+)" data-as-of="([^"]+)"')


def sync(window: Window = HELD, at: datetime | None = None) -> None:
    """Bring a range into the archive."""
    client = live_source().client
    now = datetime.now(UTC).astimezone(NOW.tzinfo)
    syncer = Syncer(client, live_source().api_url, "test", lambda: now, kept_from(NOW), stride=31)
    assert syncer.run("sync", [window], whole=window).outcome == "ok"
    if at:
        Span.objects.update(fetched_at=at)


def read_long_ago(age: timedelta) -> None:
    """As if everything had been read so long before now, and could still change."""
    Span.objects.update(fetched_at=NOW - age, settled=False)


def a_worker_is_there() -> None:
    SyncRun.objects.create(
        kind="present", owner="a", start=WALL, end=WALL, began_at=NOW - timedelta(seconds=10)
    )


IMAGES: dict[int, Image] = {}
"""What `sync` makes of a sandbox, by that."""


@pytest.fixture
def archive(account, monkeypatch):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)
    api_url = live_source().api_url
    if id(account) in IMAGES:
        IMAGES[id(account)].put(api_url)
    else:
        IMAGES[id(account)] = Image.of(api_url, sync)
    return account


def shown(client, path: str = "/messages/", **params) -> str:
    answer = client.get(path, params)
    assert answer.status_code == 200
    return answer.content.decode()


def source_of(text: str) -> str:
    found = SOURCE.search(text)
    assert found, text[text.find('id="results"') :][:1500]
    return found[1]


@pytest.fixture
def held_rows(truth):
    return [row for row in truth if HELD.holds(row)]


def held_questions(rows, seed: int, count: int) -> list[MessageQuery]:
    """Questions whose whole range is held."""
    found = []
    for query in questions(rows, seed, count):
        start, end = query.span
        found.append(query.within(start, min(end, HELD.end)).but(page=query.page))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_the_table_holds_what_the_provider_holds(archive, held_rows, support_client, seed):
    archive.reset_calls()
    for query in held_questions(held_rows, seed, rounds(sample=40, full=300)):
        check_page(support_client, held_rows, query)
    assert archive.calls == 0, "no page asked the provider"


def test_figures_from_the_archive_are_the_same_as_live(archive, held_rows, support_client):
    archive.reset_calls()
    for query in held_questions(held_rows, 70, rounds(sample=20, full=150)):
        found = support_client.get(question_url(reverse("analytics_data"), query)).json()
        rows = [record for record in held_rows if holds(record, query)]
        wanted = answer_json(answered(analyse(rows, query, bucket_for(query))))
        for bucket in (*found["series"], *wanted["series"]):
            del bucket["usual"]
        for part in PARTS:
            assert found[part] == wanted[part], (part, query)
        assert found["coverage"]["complete"] is True
        assert found["coverage"]["source"] == "archive"
    assert archive.calls == 0


def test_what_the_provider_cannot_sort_is_the_same_too(archive, held_rows, support_client):
    query = MessageQuery(now=NOW, sort="-cost", per_page=200)
    rows = [row for row in held_rows if holds(row, query)]
    keys, total, known = page_of(support_client, query)
    costs = {row.key: row.cost or 0 for row in rows}
    assert (total, known) == (len(rows), True)
    assert [costs[key] for key in keys] == sorted(costs.values(), reverse=True)[:200]


def test_next_and_previous_pages_touch_each_other(archive, held_rows, support_client):
    """By cursor: the links lead through all rows once, and back again the same way."""
    query = MessageQuery(now=NOW, period="last_24_hours", per_page=50)
    wanted = {row.key for row in expected(held_rows, query)}
    there, href = [], question_url("/messages/", query)
    while href:
        text = support_client.get(href).content.decode()
        there.append(ROW.findall(text))
        href = (re.search(r'rel="next" href="([^"]+)"', text) or ["", ""])[1].replace("&amp;", "&")
    keys = [key for page in there for key in page]
    assert len(keys) == len(wanted)
    assert set(keys) == wanted
    back = [there[-1]]
    while href := (re.search(r'rel="prev" href="([^"]+)"', text) or ["", ""])[1].replace(
        "&amp;", "&"
    ):
        text = support_client.get(href).content.decode()
        back.append(ROW.findall(text))
    assert back[::-1] == there


def test_every_page_says_its_source_and_age(archive, support_client):
    """I7."""
    text = shown(support_client)
    assert source_of(text) == "archive"
    assert 'data-source-name="archive"' in text
    assert source_of(shown(support_client, period="last_30_days")) == "live"


def test_while_the_provider_is_down_the_rows_stay_with_their_age(archive, support_client):
    """F1, F68, I7."""
    read_long_ago(timedelta(minutes=20))
    archive.faults = Faults(http_error="always", http_status=503)
    text = shown(support_client)
    assert source_of(text) == "archive"
    assert ROW.search(text)
    assert "The provider has trouble" in text or "The provider" in text
    assert "as of 14:40:00" in text
    assert "What you see is from the archive, as of 14:40:00." in text


@pytest.mark.parametrize("path", ["/messages/", "/review/"])
def test_where_the_archive_stands_in_a_retry_is_offered(archive, administrator_client, path):
    read_long_ago(timedelta(minutes=20))
    if path == "/review/":  # figures need the provider where a part is missing and nobody reads it
        Span.objects.filter(start__lt=WALL - timedelta(days=5)).delete()
    archive.faults = Faults(http_error="always", http_status=503)
    text = shown(administrator_client, path, country="FR", wait="1")
    notice = re.search(r"data-stood-in>(.*?)</div>", text, re.DOTALL)
    assert notice
    assert "What you see is from the archive" in notice[1]
    archive.faults = Faults()
    live_source().client._breaker.worked()  # as if its pause had passed
    again = links(notice[1])["Try again"]
    assert again == f"{path}?country=FR"
    assert "data-stood-in" not in shown(administrator_client, f"{again}&wait=1")


def test_what_the_provider_s_failure_says_is_not_said_again_of_the_filling(archive, support_client):
    read_long_ago(timedelta(minutes=20))
    Span.objects.filter(start__lt=WALL - timedelta(days=5)).delete()
    failed = NOW - timedelta(minutes=7)
    SyncRun.objects.create(
        kind="gap", owner="a", start=WALL, end=WALL, began_at=failed, ended_at=failed,
        outcome="failed", reason="server",
    )  # fmt: skip
    archive.faults = Faults(http_error="always", http_status=503)
    text = shown(support_client)
    assert text.count("14:53:00") == 1, "since when"
    assert text.count("as of") == 2, "beside the question and with the reason"
    assert re.search(r"\d\d\.0% of the range is fetched\. *</p>", text)
    assert "Nothing could be fetched" not in text
    assert "Nothing fetches the rest" not in text


def test_a_fresh_page_is_a_look_too_so_that_its_rows_stay_fresh(archive, support_client):
    read_long_ago(timedelta())
    assert source_of(shown(support_client)) == "archive"
    (look,) = recent(NOW)
    assert look.start <= WALL <= look.end
    soon = NOW + timedelta(seconds=31)
    works = plan(spans_in(HELD), soon, looks=[look])
    assert next(works).reason == "looked"
    with CaptureQueriesContext(connection) as queries:
        shown(support_client)
    assert len(queries) <= 19  # one each for the menu of views, the chosen columns, the flags
    assert [q["sql"] for q in queries if "look" in q["sql"] and "SELECT" not in q["sql"]] == []


def test_the_limit_of_a_sort_is_told_where_rows_are_read_live_alone(archive, support_client):
    told = "all rows of the range are read first"
    assert told not in shown(support_client)
    live = shown(support_client, period="last_30_days")
    assert live.count(told) == 2, "parts and credits"
    assert "The archive will" not in live


def test_a_part_of_the_range_is_drawn_while_the_rest_is_fetched(archive, support_client):
    """Opening the page waits for nothing, and says how much is there."""
    a_worker_is_there()
    archive.reset_calls()
    text = shown(support_client, "/analytics/", period="last_30_days")
    assert archive.calls == 0
    assert re.search(r"4\d\.0% of the range is fetched, as of", text)
    assert re.search(r'<progress class="filling-bar" max="100" value="4\d"', text)
    assert 'hx-get="/filling/?period=last_30_days&amp;seen=4' in text
    (look,) = recent(NOW)
    assert look.start <= WALL - timedelta(days=29)
    data = support_client.get("/analytics/data.json", {"period": "last_30_days"}).json()
    assert data["coverage"]["complete"] is False
    assert data["coverage"]["missing"] == [["2026-10-20 00:00:00", "2026-11-06 14:59:59"]]


def test_with_nobody_to_fill_it_a_range_is_read_live(archive, support_client, monkeypatch):
    text = shown(support_client, "/analytics/", period="last_30_days", wait="1")
    assert 'data-source-name="live"' in text
    assert "filling-bar" not in text


def test_the_progress_grows_ends_and_can_be_stopped(archive, support_client):
    a_worker_is_there()
    shown(support_client, "/analytics/", period="last_30_days")
    first = support_client.get("/filling/", {"period": "last_30_days", "seen": "40"})
    assert b'value="4' in first.content
    assert "grown" not in first.headers.get("HX-Trigger", "")
    Look.objects.update(calls=41, rows=12_345)
    again = support_client.get("/filling/", {"period": "last_30_days", "seen": "10"})
    assert b"41 calls, 12,345 messages so far" in again.content
    assert "grown" in again.headers["HX-Trigger"]
    stopped = support_client.post(
        "/filling/?period=last_30_days", {"do": "stop"}, headers={"HX-Request": "true"}
    )
    assert b"Fetching is stopped." in stopped.content
    assert b"hx-trigger" not in stopped.content
    assert recent(NOW) == []
    support_client.post("/filling/?period=last_30_days", {"do": "resume"})
    assert recent(NOW) != []
    sync(Window(WALL - timedelta(days=40), WALL - timedelta(days=11)))
    done = support_client.get("/filling/", {"period": "last_30_days", "seen": "40"})
    assert done.content == b""
    assert "filled" in done.headers["HX-Trigger"]


def test_progress_is_for_people_with_figures_alone(archive, stranger_client):
    assert stranger_client.get("/filling/").status_code == 403


def test_an_aged_archive_leaves_the_list_to_the_provider_and_draws_its_charts(
    archive, support_client
):
    read_long_ago(timedelta(minutes=20))
    assert source_of(shown(support_client)) == "live"
    assert 'data-source-name="archive"' in shown(support_client, "/analytics/")
    assert 'data-source="archive"' in shown(support_client, sort="-cost")


def test_a_message_opens_without_its_second_and_says_when_it_is_gone(archive, support_client):
    """I5."""
    row = Message.objects.filter(date__lt=WALL, type="sms_mt").order_by("-date")[0]
    path = f"/messages/sms_mt/{row.message_id}/"
    archive.reset_calls()
    text = shown(support_client, path)
    assert archive.calls == 0
    assert "data-gone" not in text
    Message.objects.filter(key=row.key).update(gone_at=NOW - timedelta(hours=2), state="withdrawn")
    text = shown(support_client, path)
    assert "The provider has not shown this message since" in text
    assert "Withdrawn" in text


def test_the_review_counts_the_same_from_the_archive(archive, administrator_client):
    def counts(text: str) -> list[str]:
        return re.findall(r'class="figure-value" href="[^"]*">([\d,]+)<', text)

    archive.reset_calls()
    held = shown(administrator_client, "/review/")
    assert archive.calls == 0
    assert 'data-source-name="archive"' in held
    Span.objects.all().delete()
    live = shown(administrator_client, "/review/", wait="1")
    assert 'data-source-name="live"' in live
    assert counts(held) == counts(live) != []


def test_a_total_that_takes_long_is_counted_by_itself(archive, support_client, monkeypatch):
    """The page does not wait for it: text searches know no rollup."""
    monkeypatch.setattr("messages_app.analysis.archived.COUNTED", 40)
    asked = support_client.post("/messages/", {"message": "e", "period": "last_7_days"})
    text = shown(support_client, asked.headers["Location"])
    assert "of more than 40" in text
    assert 'id="page-last"' not in text
    href = re.search(r'hx-get="(/messages/count/[^"]+)"', text)
    assert href
    counted = shown(support_client, href[1].replace("&amp;", "&"))
    total = Message.objects.filter(
        date__range=(WALL.replace(hour=0) - timedelta(days=6), WALL), folded__contains="e"
    ).count()
    assert total > 40
    assert "1–50" not in counted, "a late count meets another page"
    assert f'<span id="pager-total" hx-swap-oob="true">of {total:,}</span>' in counted
    pages = -(-total // 50)
    assert f'<span id="pager-pages" hx-swap-oob="true">of {pages}</span>' in counted
    assert f"&amp;page={pages}" in counted
    assert f"{total:,} messages" in counted


@pytest.mark.parametrize("asked", [{}, {"message": "e"}])
@pytest.mark.parametrize("sort", ["-date", "cost"])
def test_a_page_far_down_is_read_from_the_nearer_end(
    archive, held_rows, support_client, monkeypatch, asked, sort
):
    """It holds the same rows as all others, and knows how many there are in all."""
    query = MessageQuery(now=NOW, per_page=25, sort=sort, **asked)
    wanted = [row.key for row in sorted_records([r for r in held_rows if holds(r, query)], query)]
    monkeypatch.setattr("messages_app.analysis.archived.COUNTED", 40)
    last = -(-len(wanted) // 25)
    walked = Walked(monkeypatch)
    keys, total, known = page_of(support_client, query.but(page=last))
    assert keys == wanted[(last - 1) * 25 :]
    assert (total, known) == (len(wanted), True)
    assert walked.most * 4 < len(wanted)


class Walked:
    """The most rows that a list was asked to pass over or to show at once."""

    def __init__(self, monkeypatch) -> None:
        self.most = 0
        cut = QuerySet.__getitem__

        def watched(queryset, part):
            if isinstance(part, slice) and queryset.model is Message and part.stop != 41:
                self.most = max(self.most, part.stop or 0)
            return cut(queryset, part)

        monkeypatch.setattr(QuerySet, "__getitem__", watched)


def test_a_worker_that_fails_is_told_with_its_reason(support_client, archive):
    """F68: since when nothing comes, and why, where people wait for it."""
    failed = NOW - timedelta(minutes=7)
    SyncRun.objects.create(
        kind="gap", owner="a", start=WALL, end=WALL, began_at=failed, ended_at=failed,
        outcome="failed", reason="authentication",
    )  # fmt: skip
    said = support_client.get("/filling/", {"period": "last_30_days"}).content.decode()
    assert "Nothing could be fetched since 14:53:00." in said
    assert "The provider does not accept the API token." in said
    assert "hx-trigger" not in said, "nothing is on its way"


def test_a_database_that_takes_no_note_is_told_and_the_rows_are_shown(
    support_client, archive, monkeypatch
):
    """F56: nothing can be written, so no worker can say why nothing comes; reading goes on."""
    ended = NOW - timedelta(minutes=30)
    SyncRun.objects.update(began_at=ended, ended_at=ended)
    archive.faults = Faults(http_error="always", http_status=503)
    with nothing_written():
        said = shown(support_client, period="last_30_days")
    assert ROW.search(said)
    assert "Nothing could be fetched since 14:30:00." in said
    assert "The database cannot be written: it is read-only." in said


@contextmanager
def nothing_written() -> Iterator[None]:
    """The database refuses each write."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL transaction_read_only = on")
            yield
            transaction.set_rollback(True)
            return
        cursor.execute("PRAGMA query_only = ON")
        yield
        cursor.execute("PRAGMA query_only = OFF")


def test_a_page_without_rows_says_since_when_workers_meet_the_same(support_client, account):
    """F16: a token that was wrong from the start; of another failure it does not speak."""
    account.faults = Faults(http_error="always", http_status=401)
    since = datetime.now(UTC) - timedelta(days=3)
    SyncRun.objects.create(
        kind="gap", owner="a", start=WALL, end=WALL, began_at=since, ended_at=since,
        outcome="failed", reason="network",
    )  # fmt: skip
    latest = {"began_at": datetime.now(UTC), "ended_at": datetime.now(UTC)}
    SyncRun.objects.create(
        kind="gap", owner="a", start=WALL, end=WALL, outcome="failed", reason="authentication",
        **latest,
    )  # fmt: skip
    said = shown(support_client)
    assert "The provider does not accept the API token." in said
    assert "It has been so since " in said
    SyncRun.objects.filter(reason="authentication").delete()
    assert "It has been so since " not in shown(support_client)


def test_an_outage_is_told_since_a_worker_met_it_whatever_its_kind_is_by_now(
    support_client, account
):
    """F1, F68: a process that was just started knows of the last minute alone."""
    account.faults = Faults(http_error="always", http_status=500)
    for days, reason in [(3, "network"), (0, "down")]:
        moment = datetime.now(UTC) - timedelta(days=days)
        SyncRun.objects.create(
            kind="gap", owner="a", start=WALL, end=WALL, began_at=moment, ended_at=moment,
            outcome="failed", reason=reason,
        )  # fmt: skip
    assert "It has been so since " in shown(support_client)
