"""What is usual: the same weekday and hour over the four weeks before, as a band behind the series.

Median and 10–90 % of up to four values, where at least three weeks of them are there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket, BucketSize

WEEK = timedelta(days=7)
WEEKS = 4
LEAST_WEEKS = 3
LONGEST = 86400
"""Seconds of the longest bucket that has a weekday."""


@dataclass(frozen=True, slots=True)
class Band:
    """What a bucket usually counts, in messages."""

    low: float
    median: float
    high: float


def weeks_before(query: MessageQuery) -> list[MessageQuery]:
    """The same question over the same seconds of each of the weeks before, nearest first."""
    start, end = query.span
    return [query.within(start - week * WEEK, end - week * WEEK) for week in range(1, WEEKS + 1)]


def earlier(query: MessageQuery) -> MessageQuery:
    """The question over everything that the bands of its buckets are made of."""
    start, end = query.span
    return query.within(start - WEEKS * WEEK, end - WEEK)


def bands(
    buckets: Sequence[Bucket],
    before: Iterable[Bucket],
    size: BucketSize,
    holes: Sequence[Span],
) -> list[Band | None]:
    """The band of each bucket, from the buckets of `earlier`; `holes` are the ranges not held there.

    None where a bucket is not whole, where clocks change, or where fewer weeks are there.
    """
    if size.seconds > LONGEST:
        return [None] * len(buckets)
    known = {
        bucket.start: bucket.tally.rows
        for bucket in before
        if _is_whole(bucket, size) and not _touches(bucket, holes)
    }
    return [_band(bucket, known) if _is_whole(bucket, size) else None for bucket in buckets]


def _band(bucket: Bucket, known: dict[datetime, int]) -> Band | None:
    starts = (bucket.start - week * WEEK for week in range(1, WEEKS + 1))
    values = sorted(known[start] for start in starts if start in known)
    if len(values) < LEAST_WEEKS:
        return None
    return Band(quantile(values, 0.1), quantile(values, 0.5), quantile(values, 0.9))


def quantile(values: Sequence[float], share: float) -> float:
    """A quantile of sorted values, between neighbours by their distance (Hyndman & Fan, type 7)."""
    place = (len(values) - 1) * share
    index = min(int(place), len(values) - 2) if len(values) > 1 else 0
    if len(values) == 1:
        return values[0]
    return values[index] + (values[index + 1] - values[index]) * (place - index)


def _is_whole(bucket: Bucket, size: BucketSize) -> bool:
    seconds = (bucket.end - bucket.start).total_seconds() + 1
    return seconds == size.seconds and not bucket.is_double


def _touches(bucket: Bucket, holes: Sequence[Span]) -> bool:
    return any(start <= bucket.end and bucket.start <= end for start, end in holes)
