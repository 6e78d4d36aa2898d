"""Figures from rollups equal those counted row by row: random rows, random questions."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count, product
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.analysis.breakdowns import break_down
from messages_app.analysis.conditions import holds
from messages_app.analysis.facets import CAMPAIGN, COUNTRY, FACETS, SENDER, TOTAL, parts_of
from messages_app.analysis.metrics import Tally, cells, tally, tally_by, together
from messages_app.analysis.prices import Prices
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import (
    break_down_archived,
    dimension_of,
    figures_archived,
    parts_archived,
    series_archived,
)
from messages_app.analysis.series import BUCKETS, bucket_for
from messages_app.analysis.statuses import INCOMING_TYPE, OUTGOING
from messages_app.archive.rollups import rebuild_all
from messages_app.archive.rows import ArchivedRecord
from messages_app.models import Message
from messages_app.sms.terms import BULK
from tests.analysis import rolled_rows
from tests.analysis.rolled_rows import NOW
from tests.archive.filling import archived, fill
from tests.campaign import rounds
from tests.factories import incoming, record

pytestmark = pytest.mark.django_db

SEEDS = range(rounds(sample=4, full=60))


def filled(seed: int, number: int = 300) -> tuple[Random, list[ArchivedRecord]]:
    random = Random(seed)
    found = rolled_rows.rows(random, number)
    fill(found[: number * 9 // 10], gone=found[number * 9 // 10 :])
    list(rebuild_all())
    return random, archived()


def of(query: MessageQuery, records: list[ArchivedRecord]) -> list[ArchivedRecord]:
    return [one for one in records if holds(one, query)]


@pytest.mark.parametrize("seed", SEEDS)
def test_rolled_figures_equal_those_counted_row_by_row(seed):
    random, records = filled(seed)
    by_rollups = 0
    for _ in range(40):
        query = rolled_rows.question(random)
        size = bucket_for(query, random.choice(list(BUCKETS)))
        expected = break_down(of(query, records), query, size)
        assert break_down_archived(query, size) == expected, query
        assert figures_archived(query) == expected.totals, query
        by_rollups += dimension_of(query) is not None
    assert by_rollups > 10


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FACETS | {"country": COUNTRY, "total": TOTAL})
def test_parts_equal_those_counted_row_by_row(name, seed):
    random, records = filled(seed, 300)
    facet = (FACETS | {"country": COUNTRY, "total": TOTAL})[name]
    for _ in range(15):
        query = rolled_rows.question(random)
        expected = parts_of(of(query, records), query, facet)
        assert parts_archived(query, facet) == expected, query
        assert list(parts_archived(query, facet)) == list(expected), query


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_over_time_equal_those_counted_row_by_row(seed):
    random, records = filled(seed)
    for _ in range(15):
        query = rolled_rows.question(random)
        size = bucket_for(query, random.choice(list(BUCKETS)))
        expected = break_down(of(query, records), query, size).series
        assert series_archived(query, size) == expected, query


NARROWER: list[dict[str, Any]] = [
    {}, {"countries": ("FR",)}, {"statuses": ("delivered",)}, {"type": OUTGOING}, {"campaign": "3"},
    {"sender": "ACME"}, {"message": "b"},
    {"prices": Prices(((datetime(2026, 11, 21, 12), Decimal(2)),))},
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_campaigns_just_large_enough_on_a_day_of_the_question_are_told(seed):
    random, start, numbers = Random(seed), datetime(2026, 11, 20), count()
    rows = [
        make(
            message_id=next(numbers), campaign_id=campaign, country=random.choice(("FR", "FR", "BE")),
            status=random.choice(("DELIVERED", "DELIVERED", "SENT")), sender="ACME",
            message=random.choice("abb"), date=start + timedelta(days=day, hours=random.randrange(24)),
        )
        for campaign, day in product(range(6), range(3))
        for make, most in ((record, random.choice((1, 20, BULK - 1, BULK, 2 * BULK))), (incoming, 3))
        for _ in range(most)
    ]  # fmt: skip
    fill(rows)
    list(rebuild_all())
    sizes = set[int]()
    for narrower, hour in product(NARROWER, (0, 5, 20)):
        edges = start + timedelta(hours=hour), start + timedelta(days=2, hours=hour, seconds=-1)
        query = over(*edges, **narrower)
        expected = parts_of(of(query, archived()), query, CAMPAIGN)
        assert parts_archived(query, CAMPAIGN) == expected, query
        sizes.add(len(expected))
    assert len(sizes) > 1


def test_a_campaign_s_last_message_may_be_the_range_s_last_second():
    start = datetime(2026, 11, 20, 12)
    dates = [start + timedelta(seconds=at) for at in range(BULK)]
    fill([record(message_id=at, campaign_id=7, date=date) for at, date in enumerate(dates)])
    list(rebuild_all())
    assert list(parts_archived(over(start, dates[-1]), CAMPAIGN)) == ["7"]
    assert parts_archived(over(start, dates[-2]), CAMPAIGN) == {}


@pytest.mark.parametrize("days", [0, 2])
def test_a_campaign_is_as_large_as_its_fence_lets_it_be_and_replies_make_none(days):
    """T16: within one part of a day, and over whole days."""
    start = datetime(2026, 11, 20, 12)
    lands = (("FR", BULK), ("BE", BULK - 1), ("BE", BULK))
    fill(
        [
            record(message_id=next(numbers), campaign_id=at, country=land, date=start)
            for numbers in (count(),)
            for at, (land, sent) in enumerate(lands)
            for _ in range(sent)
        ]
        + [
            incoming(message_id=at, campaign_id=2, date=start, country="FR")
            for at in range(2 * BULK)
        ]
    )
    list(rebuild_all())
    asked = over(start - timedelta(days=days), start + timedelta(days=days, hours=1))
    assert list(parts_archived(asked, CAMPAIGN)) == ["0", "2"]
    for land, expected in (("FR", ["0"]), ("BE", ["2"])):
        assert (
            list(parts_archived(asked.but(fence=asked.but(countries=(land,))), CAMPAIGN))
            == expected
        )


def without_delays(tally: Tally) -> Tally:
    return replace(tally, delay_bins=Counter(), delays_left_out=0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FACETS | {"country": COUNTRY, "total": TOTAL})
def test_parts_without_times_to_delivery_are_otherwise_the_same(name, seed):
    random, records = filled(seed, 300)
    facet = (FACETS | {"country": COUNTRY, "total": TOTAL})[name]
    for _ in range(15):
        query = rolled_rows.question(random)
        found = parts_of(of(query, records), query, facet)
        expected = {key: without_delays(tally) for key, tally in found.items()}
        assert parts_archived(query, facet, timed=False) == expected, query
        assert not facet.is_whole or figures_archived(query) == together(found.values()), query


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_over_time_without_times_to_delivery_are_otherwise_the_same(seed):
    random, records = filled(seed)
    for _ in range(15):
        query = rolled_rows.question(random)
        size = bucket_for(query, random.choice(list(BUCKETS)))
        found = break_down(of(query, records), query, size)
        expected = [replace(one, tally=without_delays(one.tally)) for one in found.series]
        assert list(series_archived(query, size, timed=False)) == expected, query
        assert figures_archived(query, timed=False) == without_delays(found.totals), query


def over(start: datetime, end: datetime, **changes: object) -> MessageQuery:
    return MessageQuery(now=NOW, period="custom", date_start=start, date_end=end).but(**changes)


YEAR = (datetime(2026, 1, 1), datetime(2026, 12, 31, 23, 59, 59))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"type": OUTGOING, "countries": ("BE", "FR"), "statuses": ("other", "withdrawn")}, ""),
        ({"details": ("EXPIRED", "–")}, "details"),
        ({"campaign": "7", "countries": ("FR",)}, "campaign"),
        ({"sender": "ACME", "type": OUTGOING}, "sender"),
        ({"sender": "ACME"}, None),
        ({"sender": "AC*", "type": OUTGOING}, None),
        ({"details": ("EXPIRED",), "campaign": "7"}, None),
        ({"destination": "33639980001"}, None),
        ({"message": "Merci"}, None),
        ({"client": "1"}, None),
        ({"reference": "r"}, None),
    ],
)
def test_rollups_answer_where_every_condition_is_one_of_their_dimensions(changes, expected):
    assert dimension_of(over(*YEAR, **changes)) == expected


@pytest.mark.parametrize(
    "changes", [{}, {"details": ("DELIVERED",)}, {"campaign": "7"}, {"countries": ("FR",)}]
)
def test_whole_days_are_answered_without_a_look_at_their_rows(changes):
    fill([record(message_id=n, date=datetime(2026, 5, 1 + n, 12)) for n in range(9)])
    list(rebuild_all())
    query = over(datetime(2026, 4, 1), datetime(2026, 8, 31, 23, 59, 59), **changes)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert break_down_archived(query, bucket_for(query)).totals.rows == 9
    assert not [one["sql"] for one in asked if Message._meta.db_table in one["sql"]]


def test_only_the_partial_hours_are_read_from_rows():
    fill([record(message_id=n, date=datetime(2026, 5, 1, 12, n)) for n in range(60)])
    list(rebuild_all())
    Message.objects.filter(date__lt=datetime(2026, 5, 1, 12, 30)).delete()
    query = over(datetime(2026, 5, 1, 12, 0, 0), datetime(2026, 5, 1, 12, 59, 58))
    assert figures_archived(query).rows == 30
    whole = over(datetime(2026, 5, 1, 12, 0, 0), datetime(2026, 5, 1, 12, 59, 59))
    assert figures_archived(whole).rows == 60


def test_a_row_settles_at_the_same_second_as_row_by_row():
    age = NOW.replace(tzinfo=None) - timedelta(hours=72)
    seconds = (age - timedelta(seconds=1), age, age + timedelta(seconds=1))
    fill([record(message_id=n, status="SENT", date=wall) for n, wall in enumerate(seconds)])
    list(rebuild_all())
    query = over(age - timedelta(days=5), age + timedelta(days=3))
    assert figures_archived(query).provisional_rows == 1
    assert figures_archived(query) == tally(archived(), NOW)


def test_a_person_s_number_is_no_sender_to_count_by():
    fill([record(), incoming(message_id=2)])
    list(rebuild_all())
    day = datetime(2026, 11, 20)
    query = over(day, day + timedelta(days=1))
    assert list(parts_archived(query, SENDER)) == ["ACME"]
    assert parts_archived(query.but(type=INCOMING_TYPE), SENDER) == {}


def test_a_withdrawn_row_is_outgoing_and_nothing_else():
    waiting = record(status="WAITING", date=datetime(2026, 11, 22), message_id=2)
    fill([record()], gone=[waiting])
    found = tally(archived(), NOW)
    expected = {
        "outgoing": 2, "withdrawn": 1, "waiting": 0, "pending": 0, "other": 0, "cost": 1,
        "unpriced": 0, "attempted": 1, "provisional": 0,
    }  # fmt: skip
    assert {name: found.totals()[name] for name in expected} == expected


def test_what_a_row_was_outlives_its_text():
    fill([incoming(message="Stop")])
    Message.objects.update(message="", folded="")
    assert tally(archived(), NOW).opt_outs == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_of_a_rolled_breakdown_add_up(seed):
    random, _records = filled(seed, 150)
    query = rolled_rows.question(random)
    found = break_down_archived(query, bucket_for(query))
    series = {bucket.start: bucket.tally for bucket in found.series}
    for parts in (found.by_country, found.by_status, found.by_country_status, series):
        together = Tally()
        for part in parts.values():
            together.merge(part)
        assert together == found.totals


def test_cells_of_rows_add_up_to_their_tally():
    records = rolled_rows.rows(Random(1), 200)
    parts = tally_by(cells(records, NOW), lambda cell: cell.at.hour)
    together = Tally()
    for part in parts.values():
        together.merge(part)
    assert together == tally(records, NOW)
