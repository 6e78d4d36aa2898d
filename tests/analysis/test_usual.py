"""What is usual: bands of the same hour over the weeks before, from values small enough to see."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from messages_app.analysis.breakdowns import break_down
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import BUCKETS, Bucket
from messages_app.analysis.usual import WEEKS, Band, bands, earlier, quantile, weeks_before
from messages_app.sms.zones import SECOND
from tests.factories import record

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 12, tzinfo=PARIS)
START = datetime(2026, 11, 20, 12)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
SIZE = BUCKETS["hour"]


def bucket(start: datetime, rows: int = 0, *, seconds: int = 3600, double: bool = False) -> Bucket:
    return Bucket(start, start + timedelta(seconds=seconds - 1), Tally(rows=rows), double)


def before(*values: int) -> list[Bucket]:
    """The same hour a week before, two weeks before, and so on."""
    return [bucket(START - week * WEEK, rows) for week, rows in enumerate(values, 1)]


def close(band: Band | None) -> Any:
    assert band is not None
    return pytest.approx((band.low, band.median, band.high))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Places 0.3, 1.5 and 2.7 of 10, 20, 30, 40.
        ((30, 10, 40, 20), (13, 25, 37)),
        # Places 0.2, 1 and 1.8 of 10, 20, 30.
        ((20, 30, 10), (12, 20, 28)),
        ((5, 5, 5, 5), (5, 5, 5)),
        ((0, 0, 0, 100), (0, 0, 70)),
    ],
)
def test_the_band_is_read_between_the_values_of_earlier_weeks(values, expected):
    (band,) = bands([bucket(START, 7)], before(*values), SIZE, [])
    assert close(band) == expected


@pytest.mark.parametrize("values", [(), (10,), (10, 20)])
def test_fewer_than_three_weeks_are_not_usual(values):
    assert bands([bucket(START)], before(*values), SIZE, []) == [None]


def test_five_weeks_ago_is_too_long_ago():
    assert bands([bucket(START)], before(10, 20, 30, 40, 1000), SIZE, []) == [Band(13, 25, 37)]


def test_other_hours_say_nothing():
    later = [bucket(one.start + HOUR, one.tally.rows) for one in before(10, 20, 30, 40)]
    assert bands([bucket(START), bucket(START + HOUR)], later, SIZE, [])[0] is None


def test_a_bucket_that_the_range_cuts_has_no_band():
    (band,) = bands([bucket(START, seconds=1800)], before(10, 20, 30, 40), SIZE, [])
    assert band is None


def test_an_earlier_bucket_that_is_cut_does_not_count():
    weeks = before(10, 20, 30, 1)
    weeks[3] = bucket(weeks[3].start, 1, seconds=3599)
    (band,) = bands([bucket(START)], weeks, SIZE, [])
    assert close(band) == (12, 20, 28)


def test_the_double_hour_has_no_band_and_is_in_none():
    weeks = before(10, 20, 30, 90)
    weeks[3] = bucket(weeks[3].start, 90, double=True)
    found = bands([bucket(START), bucket(START, double=True)], weeks, SIZE, [])
    assert close(found[0]) == (12, 20, 28)
    assert found[1] is None


@pytest.mark.parametrize(
    "hole",
    [
        (START - 4 * WEEK - HOUR, START - 4 * WEEK),
        (START - 4 * WEEK + HOUR - SECOND, START - 4 * WEEK + 2 * HOUR),
        (START - 4 * WEEK + timedelta(minutes=5), START - 4 * WEEK + timedelta(minutes=6)),
    ],
)
def test_an_hour_that_is_not_all_held_does_not_count(hole):
    (band,) = bands([bucket(START)], before(10, 20, 30, 1), SIZE, [hole])
    assert close(band) == (12, 20, 28)


def test_a_hole_beside_the_hour_leaves_it():
    hole = (START - 4 * WEEK + HOUR, START - 4 * WEEK + 2 * HOUR)
    assert bands([bucket(START)], before(10, 20, 30, 40), SIZE, [hole]) == [Band(13, 25, 37)]


@pytest.mark.parametrize("name", ["week", "month"])
def test_weeks_and_months_have_no_weekday(name):
    size = BUCKETS[name]
    whole = bucket(datetime(2026, 11, 2), seconds=size.seconds)
    assert bands([whole, whole], [], size, []) == [None, None]


def test_one_value_is_every_quantile_of_itself():
    assert [quantile([7], share) for share in (0, 0.1, 0.5, 1)] == [7, 7, 7, 7]


def test_the_ends_are_the_least_and_the_most():
    assert (quantile([1, 5, 9], 0), quantile([1, 5, 9], 1)) == (1, 9)


def test_earlier_reaches_over_all_weeks_that_the_bands_are_made_of():
    query = MessageQuery(now=NOW, period="yesterday")
    start, end = query.span
    assert earlier(query).span == (start - 4 * WEEK, end - WEEK)
    spans = [week.span for week in weeks_before(query)]
    assert spans == [(start - n * WEEK, end - n * WEEK) for n in range(1, WEEKS + 1)]


def test_the_bands_of_a_day_count_the_rows_of_the_weeks_before():
    """One message at noon a week ago, two the week before, then three and four."""
    query = MessageQuery(now=NOW, period="yesterday")
    noon = datetime(2026, 11, 22, 12, 30)
    rows = [
        record(message_id=10 * week + n, date=noon - week * WEEK)
        for week in range(1, 5)
        for n in range(week)
    ]
    own = break_down([], query, SIZE).series
    found = bands(own, break_down(rows, earlier(query), SIZE).series, SIZE, [])
    assert len(found) == 24
    assert close(found[12]) == (1.3, 2.5, 3.7)
    assert {band for hour, band in enumerate(found) if hour != 12} == {Band(0, 0, 0)}


def test_the_missing_hour_of_spring_leaves_three_weeks():
    """Clocks skip two o'clock on 29 March 2026: a week later there are three such hours before."""
    now = datetime(2026, 4, 6, 12, tzinfo=PARIS)
    query = MessageQuery(now=now, period="yesterday")
    held = break_down([], earlier(query), SIZE).series
    found = bands(break_down([], query, SIZE).series, held, SIZE, [])
    assert found[2] == Band(0, 0, 0)
    hole = (datetime(2026, 3, 22), datetime(2026, 3, 22, 23, 59, 59))
    assert bands(break_down([], query, SIZE).series, held, SIZE, [hole])[2] is None
