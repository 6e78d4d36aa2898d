"""Messages after an opt-out: the archive's statement equals the pure rule on generated rows."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.analysis.conversations import disregards, first_opt_out, handset_of
from messages_app.analysis.disregarded import disregarded
from messages_app.analysis.facets import SENDER, Parts, parts_of
from messages_app.analysis.metrics import tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.worst import worst
from messages_app.provider import MessageRecord
from messages_app.sms.terms import MT
from tests.archive.filling import archived, fill
from tests.campaign import rounds
from tests.factories import incoming, record
from tests.views.conftest import NOW, WALL

pytestmark = pytest.mark.django_db

NUMBERS = ["", *(f"3363998{n:04}" for n in range(8))]
STATES = ("DELIVERED", "UNDELIVERED", "NOT_SENT", "DENIED", "SENT", "WAITING", "odd")


def invented(seed: int) -> Iterator[MessageRecord]:
    chance = random.Random(seed)
    for n in range(150):
        date = WALL - timedelta(minutes=chance.randrange(-300, 20_000))
        number = chance.choice(NUMBERS)
        if chance.random() < 0.3:
            text = chance.choice(["STOP", "Stop svp", "Merci", "stopper"])
            yield incoming(message_id=n, date=date, sender=number, message=text)
        else:
            country = chance.choice(["FR", "BE"])
            status = chance.choice(STATES)
            yield record(
                message_id=n, date=date, destination=number, status=status, country=country
            )


@pytest.mark.parametrize("seed", range(rounds(sample=4, full=40)))
def test_the_archive_finds_what_the_pure_rule_finds(seed):
    found = list(invented(seed))
    fill(found[10:], gone=found[:10])
    rows = archived()
    query = MessageQuery(now=NOW).within(WALL - timedelta(days=5), WALL + timedelta(days=1))
    for asked in (query, query.but(countries=("BE",)), query.but(statuses=("delivered",))):
        told = disregarded(asked, 1000)
        assert [(one.record.key, one.opted_out) for one in told.latest] == by_rule(rows, asked)
        assert told.count == len(told.latest)
        few = disregarded(asked, 3)
        assert (few.count, list(few.latest)) == (told.count, list(told.latest[:3]))


def by_rule(rows: list, query: MessageQuery) -> list[tuple[str, datetime]]:
    start, end = query.span
    told = []
    for row in rows:
        mine = [other for other in rows if handset_of(other) == handset_of(row) != ""]
        opted_out = first_opt_out(mine)
        is_asked = start <= row.date <= end and row.type == MT
        is_asked &= not query.countries or row.country in query.countries
        is_asked &= not query.statuses or row.state in query.statuses
        if is_asked and opted_out and disregards(row, opted_out):
            told.append((row.date, row.message_id, row.key, opted_out))
    return [(key, opted_out) for _date, _id, key, opted_out in sorted(told, reverse=True)]


def test_the_numbers_that_opted_out_lead_to_their_messages():
    """However many other messages there are, they are not passed over."""
    with CaptureQueriesContext(connection) as statements:
        disregarded(MessageQuery(now=NOW), 10)
    if connection.vendor != "sqlite":
        return  # PostgreSQL chooses by its own figures
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statements[0]['sql']}")
        steps = " | ".join(row[3] for row in cursor.fetchall())
    assert "message_opt_out" in steps
    assert "INDEX message_destination (destination=?" in steps
    assert "SCAN messages_app_message" not in steps.replace("SCAN U0 USING", "")


def of(sender: str, delivered: int, failed: int, first: int) -> list[MessageRecord]:
    return [
        record(message_id=first + n, sender=sender, status="DELIVERED" if n < delivered else "UNDELIVERED")
        for n in range(delivered + failed)
    ]  # fmt: skip


def test_worst_is_only_what_surely_delivers_less_than_all_together():
    rows = [
        *of("GOOD", 950, 50, 0), *of("BAD", 40, 60, 2000), *of("WORSE", 10, 60, 3000),
        *of("FEW", 0, 29, 4000), *of("UNLUCKY", 28, 4, 5000),
    ]  # fmt: skip
    query = MessageQuery(now=NOW)
    found = worst(Parts(query, tally(rows, NOW), parts_of(rows, query, SENDER)))
    assert [name for name, _tally in found] == ["WORSE", "BAD"]
    assert worst(Parts(query, tally([], NOW), {})) == []
