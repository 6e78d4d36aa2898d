"""Buckets of time, in the ordinary week and in the two nights when the clocks change."""

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.breakdowns import break_down
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS, MAX_BUCKETS, bucket_for, bucket_spans
from tests.factories import record

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 12, tzinfo=PARIS)


def over(start: str, end: str) -> MessageQuery:
    return MessageQuery(
        now=NOW,
        period="custom",
        date_start=datetime.fromisoformat(start),
        date_end=datetime.fromisoformat(end),
    )


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-11-01 00:00:00", "2026-11-07 23:59:59"), ("2026-10-25 01:07:03", "2026-10-25 22:00:01"),
     ("2026-11-01 12:00:00", "2026-11-01 12:00:00")],
)  # fmt: skip
def test_buckets_cover_the_range_and_touch(name, start, end):
    query = over(start, end)
    spans = list(bucket_spans(query.span, BUCKETS[name], PARIS))
    assert (spans[0][0], spans[-1][1]) == query.span
    for one, following in itertools.pairwise(spans):
        assert following[0] - one[1] == timedelta(seconds=1)


def test_the_day_of_the_missing_hour_has_23_buckets():
    query = over("2026-03-29 00:00:00", "2026-03-29 23:59:59")
    found = break_down([], query, BUCKETS["hour"]).series
    assert len(found) == 23
    assert datetime(2026, 3, 29, 2) not in {bucket.start for bucket in found}


@pytest.mark.parametrize("name", ["5_minutes", "15_minutes", "hour"])
@pytest.mark.parametrize(
    ("start", "end"),
    [("00:00:00", "05:59:59"), ("01:59:39", "02:40:00"), ("02:10:00", "03:10:00"),
     ("02:10:00", "02:49:59")],
)  # fmt: skip
def test_rows_of_the_missing_hour_stand_in_a_bucket_beside_it_that_reaches_them(name, start, end):
    query = over(f"2026-03-29 {start}", f"2026-03-29 {end}")
    first, last = query.span
    rows = [
        record(message_id=n, date=first + timedelta(seconds=n))
        for n in range(0, 1 + int((last - first).total_seconds()), 59)
    ]
    found = break_down(rows, query, BUCKETS[name]).series
    assert sum(bucket.tally.rows for bucket in found) == len(rows)
    for bucket in found:
        inside = [row for row in rows if bucket.start <= row.date <= bucket.end]
        assert bucket.tally.rows == len(inside)
    real = [row for row in rows if row.date.hour != 2]
    if real:
        usual = break_down(real, query, BUCKETS[name]).series
        assert [b.start.hour for b in usual if 2 in (b.start.hour, b.end.hour)] == []


@pytest.mark.parametrize("name", ["hour", "day"])
def test_a_range_that_looks_ahead_ends_at_no_time_that_a_filter_refuses(name):
    before = datetime(2026, 3, 27, 12, tzinfo=PARIS)
    query = over("2026-03-27 00:00:00", "2026-04-02 23:59:59").but(now=before)
    rows = [record(message_id=1, date=datetime(2026, 3, 29, 2, 30, 17))]
    last = break_down(rows, query, BUCKETS[name]).series[-1]
    assert (last.end, last.tally.rows) == (datetime(2026, 3, 29, 2, 59, 59), 1)


def test_the_day_of_the_repeated_hour_has_24_buckets_of_which_one_is_double():
    query = over("2026-10-25 00:00:00", "2026-10-25 23:59:59")
    found = break_down([], query, BUCKETS["hour"]).series
    assert len(found) == 24
    assert [bucket.start.hour for bucket in found if bucket.is_double] == [2]


def test_every_row_falls_into_one_bucket():
    query = over("2026-10-24 00:00:00", "2026-10-26 23:59:59")
    rows = [
        record(message_id=n, date=query.span[0] + timedelta(seconds=n * 977)) for n in range(260)
    ]
    for size in BUCKETS.values():
        found = break_down(rows, query, size).series
        assert sum(bucket.tally.rows for bucket in found) == len(rows)
        for bucket in found:
            inside = [r for r in rows if bucket.start <= r.date <= bucket.end]
            assert bucket.tally.rows == len(inside)


def test_the_size_follows_the_range_and_an_unreadable_wish_is_not_granted():
    week = over("2026-11-01 00:00:00", "2026-11-07 23:59:59")
    assert bucket_for(week).name == "6_hours"
    assert bucket_for(week, "hour").name == "hour"
    assert bucket_for(week, "5_minutes").name == "6_hours"
    assert bucket_for(week, "nonsense").name == "6_hours"
    century = over("1990-01-01 00:00:00", "2998-12-31 23:59:59")
    assert bucket_for(century).name == "month"


def test_a_range_of_centuries_draws_no_endless_list():
    century = over("2026-01-01 00:00:00", "2998-12-31 23:59:59")
    assert len(break_down([], century, bucket_for(century)).series) <= MAX_BUCKETS


def test_a_scheduled_period_ends_with_its_last_message():
    query = MessageQuery(now=NOW, period="scheduled")
    later = record(status="WAITING", date=datetime(2026, 11, 25, 9))
    found = break_down([later], query, BUCKETS["day"]).series
    assert found[-1].end <= datetime(2026, 11, 25, 23, 59, 59)
    assert sum(bucket.tally.waiting for bucket in found) == 1
