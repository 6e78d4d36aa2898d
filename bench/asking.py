"""Charts, pages and searches over twelve months of the archive, each against its yardstick."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Max, Min
from django.test import Client

from bench import provider
from bench.people import administrator
from bench.report import Row, paired, timed
from bench.table_page import against_strings
from messages_app import clock
from messages_app.analysis import rolled
from messages_app.analysis.archived import list_archived
from messages_app.analysis.breakdowns import Breakdown, break_down
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import break_down_archived
from messages_app.analysis.series import bucket_for
from messages_app.archive.columns import wall_seconds
from messages_app.models import Message, Span
from messages_app.provider import MessageRecord
from sandbox import Sandbox

FAR = 20_000
PER_PAGE = 25
"""Rows of a page, so that a million hold page 20,000."""

FILTERS: dict[str, dict[str, str | list[str]]] = {
    "no filter": {},
    "type": {"type": "messages-in"},
    "status": {"status": "undelivered"},
    "country": {"country": "BE"},
    "countries and status": {"country": ["BE", "CH"], "status": ["delivered", "sent"]},
    "details": {"details": "EXPIRED"},
    "sender": {"sender": "Tavelune"},
    "client": {"client": "4117"},
    "number prefix": {"destination": "3363998*"},
    "text": {"message": "commande"},
    "by number": {"sort": "destination"},
    "by cost": {"sort": "-cost"},
    "by text": {"sort": "message"},
    "by country, of a status": {"sort": "country", "status": "delivered"},
}  # fmt: skip
REACHED = 5_000_000
"""Rows from which the charts' gain has to be reached: rows grow and cells do not."""

NAIVE_PAGES, AT_ONCE, LATENCY = 40, 8, 0.05


def rows(count: str) -> Iterator[Row]:
    """`count`: rows of the archive, about."""
    question = asked_of_all()
    yield from _charts(int(count))
    yield from _click(question, int(count))
    yield from _pages(question)
    yield _search(question)


def asked_of_all() -> MessageQuery:
    """The question for all that the archive covers."""
    span = Span.objects.aggregate(start=Min("start"), end=Max("end"))
    return MessageQuery(
        now=clock.now(), period="custom", date_start=span["start"], date_end=span["end"],
        per_page=PER_PAGE,
    )  # fmt: skip


def twelve_months_asked() -> dict[str, MessageQuery]:
    """The questions whose charts are measured."""
    whole = asked_of_all()
    return {
        "charts of 12 months": whole,
        "charts of 12 months, a country and a status": whole.but(
            countries=("BE",), statuses=("undelivered",)
        ),
        "charts of 12 months, a sender": whole.but(sender="Tavelune", type="messages-out"),
    }


def twelve_months(question: MessageQuery) -> dict[str, str]:
    """The range as a page's parameters."""
    start, end = question.span
    return {"date_start": str(start), "date_end": str(end)}


def _drawn(question: MessageQuery) -> Breakdown:
    return break_down_archived(question, bucket_for(question))


def charted(question: MessageQuery) -> float:
    """Seconds of the charts."""
    return paired(lambda: _drawn(question), lambda: None, rounds=15, warm=2)[0]


def _charts(count: int) -> Iterator[Row]:
    for name, asked in twelve_months_asked().items():

        def raw(asked: MessageQuery = asked) -> Breakdown:
            with patch.object(rolled, "dimension_of", lambda _query: None):
                return _drawn(asked)

        assert raw() == _drawn(asked)
        yield Row(
            name, "the same SQL on raw rows", charted(asked), min(timed(raw) for _ in range(2)),
            50.0 if count >= REACHED else None,
            "an index finds the few rows of this question quickly too", gain=True,
        )  # fmt: skip


def _click(question: MessageQuery, count: int) -> Iterator[Row]:
    client = administrator()
    address = f"/analytics/?{urlencode({**twelve_months(question), 'wait': '1'})}"

    def page() -> None:
        answer = client.get(address)
        assert answer.status_code == 200
        assert b"<canvas" in answer.content

    ours = paired(page, lambda: None, rounds=15, warm=2)[0]
    theirs = _naive(question) * count / (NAIVE_PAGES * 1000)
    yield Row(
        "from click to charts", f"naive client, {AT_ONCE} requests at once, 50 ms a page",
        ours, theirs, 50.0, "few pages are soon read, and the page has its own price", gain=True,
    )  # fmt: skip


def _naive(question: MessageQuery) -> float:
    """Seconds of a client that reads NAIVE_PAGES pages and counts their rows."""
    box = Sandbox(rows=200_000, seed=1, clock=provider.NOW)
    now = provider.NOW.replace(tzinfo=None)
    asked = {
        "date_start": f"{now - timedelta(days=170):%Y-%m-%d %H:%M:%S}",
        "date_end": f"{now:%Y-%m-%d %H:%M:%S}", "length": "1000", "sort": "date",
    }  # fmt: skip
    pages: list[provider.Asked] = [(("start", str(page * 1000)),) for page in range(NAIVE_PAGES)]
    bodies = {page: box.answer(asked | dict(page)).body for page in pages}
    replay = provider.Replay(bodies, LATENCY, box)

    def read() -> None:
        records: list[MessageRecord] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for found in pool.map(replay.answer, pages):
                records += found.records
        assert len(records) == NAIVE_PAGES * 1000
        break_down(records, question, bucket_for(question))

    return timed(read)


def _pages(question: MessageQuery) -> Iterator[Row]:
    client = administrator()
    far: list[Row] = []
    strings: list[Row] = []
    for name, changes in FILTERS.items():
        given: dict[str, object] = {**twelve_months(question), "per_page": PER_PAGE, **changes}
        first = canonical(client, f"/messages/?{urlencode(given, doseq=True)}")
        last = min(FAR, _last_page(client, first))
        beyond = f"{first}&page={last}"
        strings.append(against_strings(client, first, f"page 1, {name}"))
        strings.append(against_strings(client, beyond, f"page {last:,}, {name}"))
        near, away = paired(partial(client.get, first), partial(client.get, beyond), 9, 2)
        far.append(
            Row(
                f"table page {last:,}, {name}",
                "page 1",
                away,
                near,
                1.5,
                "rows are passed over one by one where the rollups cannot count them",
            )
        )
    yield from sorted(strings, key=lambda row: -row.ratio)[:3]
    yield from sorted(far, key=lambda row: -row.ratio)[:3]


def canonical(client: Client, address: str) -> str:
    """The address with personal values sealed, which is the one that answers."""
    answer = client.get(address)
    return answer.headers["Location"] if answer.status_code == 302 else address


def _last_page(client: Client, address: str) -> int:
    """By the total that the table bears; a number that is not whole counts as many."""
    page = client.get(address).content.decode()
    found = re.search(r'data-total="(\d+)"', page)
    assert found
    return max(1, -(-int(found[1]) // PER_PAGE))


def _search(question: MessageQuery) -> Row:
    """A word of few rows: the longest number in a text from the middle of the range."""
    start, end = question.span
    row = Message.objects.filter(date__gte=start + (end - start) / 2, type="sms_mt")
    text = next(m for m in row.order_by("date")[:500] if "Code" in m.message).message
    word = max((part.strip(".,:") for part in text.split() if part[:4].isdigit()), key=len)
    asked = question.but(message=word)
    table = Message._meta.db_table
    between = [wall_seconds(start), wall_seconds(end)]

    def like() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT key FROM {table} WHERE date BETWEEN %s AND %s AND message LIKE %s"
                f" ORDER BY date DESC, key DESC LIMIT {PER_PAGE + 1}",
                [*between, f"%{word}%"],
            )
            return list(cursor.fetchall())

    assert len(list_archived(asked).rows) == min(len(like()), PER_PAGE)
    ours = paired(lambda: list_archived(asked), lambda: None, rounds=15, warm=2)[0]
    return Row(
        f"text search, rare word ({len(like())} rows)", "LIKE '%…%'", ours,
        min(timed(like) for _ in range(2)), 50.0,
        "a scan of so few rows is soon done, and a question has its own price", gain=True,
    )  # fmt: skip
