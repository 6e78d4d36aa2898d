"""Buckets of time over a range: sizes by range, edges on the wall clock of the provider's zone.

The repeated hour of autumn is one bucket of double length, the missing one of spring is none.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.metrics import Cell, Tally, tally_by
from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.sms.zones import SECOND, exists, is_repeated

MAX_BUCKETS = 400
"""More bars than this nobody can read or click."""


@dataclass(frozen=True, slots=True)
class BucketSize:
    """A size of bucket: `floor` gives the bucket's start, `step` the start after a given one."""

    name: str
    label: str | Promise
    seconds: int
    floor: Callable[[datetime], datetime]
    step: Callable[[datetime], datetime]


def _fixed(name: str, label: str | Promise, seconds: int) -> BucketSize:
    width = timedelta(seconds=seconds)

    def floor(wall: datetime) -> datetime:
        midnight = datetime.combine(wall, time.min)
        return midnight + (wall - midnight) // width * width

    return BucketSize(name, label, seconds, floor, lambda start: start + width)


def _month_floor(wall: datetime) -> datetime:
    return datetime.combine(wall.date().replace(day=1), time.min)


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

BUCKETS = {
    size.name: size
    for size in (
        _fixed("5_minutes", _("5 minutes"), 300),
        _fixed("15_minutes", _("15 minutes"), 900),
        _fixed("hour", _("Hour"), 3600),
        _fixed("6_hours", _("6 hours"), 6 * 3600),
        _fixed("day", _("Day"), 86400),
        BucketSize(
            "week",
            _("Week"),
            7 * 86400,
            lambda wall: datetime.combine(wall - wall.weekday() * DAY, time.min),
            lambda start: start + 7 * DAY,
        ),
        BucketSize(
            "month",
            _("Month"),
            30 * 86400,
            _month_floor,
            lambda start: _month_floor(start + 32 * DAY),
        ),
    )
}

_GOAL = 60


def bucket_for(query: MessageQuery, wanted: str = "") -> BucketSize:
    """The bucket size asked for where it is readable, else the finest that gives about 60 bars."""
    seconds = query.length.total_seconds()
    size = BUCKETS.get(wanted)
    if size and seconds / size.seconds <= MAX_BUCKETS:
        return size
    fitting = (size for size in BUCKETS.values() if seconds / size.seconds <= _GOAL)
    return next(fitting, BUCKETS["month"])


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar: first and last second (naive wall time, inside the range), and its figures.

    `is_double` marks a bucket that holds the repeated hour.
    """

    start: datetime
    end: datetime
    tally: Tally
    is_double: bool


def series(
    cells: Iterable[Cell], latest: datetime | None, query: MessageQuery, size: BucketSize
) -> tuple[Bucket, ...]:
    """Every bucket of the question's range, empty ones included.

    `latest` is the last row's second, None where there is no row later than the question's `now`.
    """
    shown = _shown_span(query, latest)
    spans = list(bucket_spans(shown, size, query.zone)) or [shown]
    starts = [start for start, _end in spans]

    def index_of(cell: Cell) -> int:
        # A cell begins where its hour or day does, which may lie before the range.
        return max(0, bisect_right(starts, cell.at) - 1)

    cells = list(cells)
    counted = tally_by(cells, index_of)
    for index, (start, end) in _cut_short(spans, shown):
        first, last = spans[index]
        places = [cell.at for cell in cells if index_of(cell) == index]
        if any(at > last or (start < first and at < first) for at in places):
            spans[index] = start, end
    return tuple(
        Bucket(start, end, counted.get(index, Tally()), _holds_repeat(start, end, query.zone))
        for index, (start, end) in enumerate(spans)
    )


def _cut_short(spans: Sequence[Span], shown: Span) -> list[tuple[int, Span]]:
    """Buckets beside a bucket that begins in the missing hour, and how far they reach with it.

    Few rows are there: in the whole hour those of a provider that counts in another zone than it is said
    to. The list behind a bar has to hold all that it counts.
    """
    starts = [shown[0], *(start for start, _end in spans[1:])]
    ends = [*(start - SECOND for start in starts[1:]), shown[1]]
    reach = enumerate(zip(starts, ends, strict=True))
    return [(index, span) for index, span in reach if span != spans[index]]


def _shown_span(query: MessageQuery, latest: datetime | None) -> Span:
    """The asked range; where it looks far ahead, only up to the last row there is."""
    start, end = query.span
    now = query.now.replace(tzinfo=None)
    if end > now + DAY:
        last = max(latest or start, now, start)
        if not exists(last, query.zone):
            # A range may end with the missing hour, not within it.
            last = last.replace(second=59)
            while not exists(last + SECOND, query.zone):
                last += MINUTE
        end = min(end, last)
    return start, end


def bucket_spans(span: Span, size: BucketSize, zone: tzinfo) -> Iterator[Span]:
    """First and last seconds of the buckets of a range, the outer ones cut to it."""
    first, last = span
    start = size.floor(first)
    while start <= last:
        following = size.step(start)
        shown = max(start, first), min(following - SECOND, last)
        if size.seconds > 3600 or exists(start, zone):
            yield shown
        start = following


def _holds_repeat(start: datetime, end: datetime, zone: tzinfo) -> bool:
    return end - start < timedelta(hours=1) and is_repeated(start, zone)
