"""Ranges beside a question's own: where each lies, by the calendar."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages_app.analysis.comparing import COMPARISONS, FREE, beside, images
from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS, bucket_spans
from messages_app.sms.zones import SECOND

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))


def days(first: str, last: str) -> Span:
    """Whole days, both included."""
    return datetime.fromisoformat(first), datetime.fromisoformat(f"{last} 23:59:59")


def asked(span: Span) -> MessageQuery:
    return MessageQuery(now=NOW, countries=("FR",), statuses=("sent",)).within(*span)


SPANS = st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)).flatmap(
    lambda start: st.integers(0, 400 * 86400).map(
        lambda length: (
            start.replace(microsecond=0),
            start.replace(microsecond=0) + length * SECOND,
        )
    )
)


@pytest.mark.parametrize(
    ("name", "span", "expected"),
    [
        ("before", days("2026-11-01", "2026-11-07"), days("2026-10-25", "2026-10-31")),
        ("before", days("2026-03-01", "2026-03-31"), days("2026-01-29", "2026-02-28")),
        ("week", days("2026-11-01", "2026-11-07"), days("2026-10-25", "2026-10-31")),
        ("week", days("2026-11-01", "2026-11-30"), days("2026-10-25", "2026-11-23")),
        ("month", days("2026-03-31", "2026-03-31"), days("2026-02-28", "2026-02-28")),
        ("month", days("2024-03-31", "2024-03-31"), days("2024-02-29", "2024-02-29")),
        ("month", days("2026-03-01", "2026-03-31"), days("2026-02-01", "2026-02-28")),
        ("month", days("2026-01-15", "2026-01-20"), days("2025-12-15", "2025-12-20")),
        ("month", days("2026-12-31", "2026-12-31"), days("2026-11-30", "2026-11-30")),
        ("year", days("2024-02-29", "2024-02-29"), days("2023-02-28", "2023-02-28")),
        ("year", days("2025-02-28", "2025-02-28"), days("2024-02-28", "2024-02-28")),
        ("year", days("2026-11-01", "2026-11-07"), days("2025-11-01", "2025-11-07")),
    ],
)
def test_each_range_lies_where_the_calendar_has_it(name, span, expected):
    assert beside(asked(span), name).span == expected


@given(SPANS)
def test_the_period_before_is_as_long_and_ends_where_the_range_begins(span):
    start, end = beside(asked(span), "before").span
    assert end - start == span[1] - span[0]
    assert end + SECOND == span[0]


@given(SPANS)
def test_a_week_before_is_as_long_and_holds_the_same_weekdays(span):
    start, end = beside(asked(span), "week").span
    assert end - start == span[1] - span[0]
    assert span[0] - start == timedelta(days=7)


@given(SPANS, st.sampled_from(sorted(COMPARISONS)))
def test_a_range_to_compare_with_is_a_range_that_begins_earlier(span, name):
    start, end = beside(asked(span), name).span
    assert start <= end
    assert start < span[0]


@given(SPANS, st.sampled_from([("month", 1), ("year", 12)]))
def test_months_before_keep_the_time_of_day_and_the_day_where_there_is_one(span, comparison):
    name, count = comparison
    start, end = beside(asked(span), name).span
    for found, own in zip((start, end), span, strict=True):
        # Of days that the earlier month lacks, the end may fall before the start: there it is as late.
        is_late = found == end == start and own.time() < found.time()
        assert found.time() == own.time() or is_late
        assert (own.year * 12 + own.month) - (found.year * 12 + found.month) == count
        assert found.day == own.day or (found + timedelta(days=1)).day == 1


@pytest.mark.parametrize("name", COMPARISONS)
def test_all_else_of_the_question_stays(name):
    query = asked(days("2026-11-01", "2026-11-07")).but(page=3)
    found = beside(query, name)
    assert (found.countries, found.statuses, found.now) == (("FR",), ("sent",), NOW)
    assert found.page == 1


def test_a_relative_period_is_compared_by_its_range():
    """At noon today's range is half a day, and so is the one before."""
    found = beside(MessageQuery(now=NOW, period="today"), "before")
    assert found.span == (datetime(2026, 11, 22, 11, 59, 59), datetime(2026, 11, 22, 23, 59, 59))


@pytest.mark.parametrize("name", COMPARISONS)
def test_before_the_calendar_there_is_no_range(name):
    with pytest.raises((OverflowError, ValueError)):
        beside(asked(days("0001-01-01", "0001-01-31")), name)


@pytest.mark.parametrize("name", [*COMPARISONS, FREE])
@pytest.mark.parametrize("size", ["hour", "day", "month"])
@pytest.mark.parametrize(
    "span",
    [
        (datetime(2026, 11, 10), datetime(2026, 11, 25, 23, 59, 59)),
        (datetime(2026, 10, 28, 7, 30), datetime(2026, 11, 5, 10, 8, 22)),
        (datetime(2026, 3, 27), datetime(2026, 3, 31, 23, 59, 59)),
        (datetime(2024, 2, 28), datetime(2024, 3, 1, 23, 59, 59)),
    ],
)
def test_the_images_of_a_whole_range_are_the_whole_other_range(name, size, span):
    query = MessageQuery(now=NOW).within(*span)
    free = query.within(span[0] - timedelta(days=90), span[1] - timedelta(days=90))
    other = free if name == FREE else beside(query, name)
    spans = list(bucket_spans(span, BUCKETS[size], query.zone))
    found = [image for image in images(spans, query, other, name) if image]
    assert (found[0][0], found[-1][1]) == other.span
    for one, following in pairwise(found):
        assert following[0] - one[1] == SECOND


def test_a_shorter_free_range_has_nothing_beside_the_rest():
    span = (datetime(2026, 11, 10), datetime(2026, 11, 12, 23, 59, 59))
    query = MessageQuery(now=NOW).within(*span)
    other = query.within(datetime(2026, 6, 1), datetime(2026, 6, 1, 23, 59, 59))
    spans = list(bucket_spans(span, BUCKETS["day"], query.zone))
    assert images(spans, query, other, FREE) == [other.span, None, None]
