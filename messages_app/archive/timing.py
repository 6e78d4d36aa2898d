"""How long the provider takes to answer: workers count their calls by hour and by how long each took.

A few rows an hour, added to at the end of each run; what lies between the edges is not told apart.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from messages_app.archive.columns import micros
from messages_app.archive.tables import CallTime

EDGES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds; bin n holds what took up to EDGES[n], the last what took longer."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's answered calls: how many, their mean, and within how many seconds half of them and 95 %
    of them were answered (None: longer than the last edge)."""

    hour: datetime
    calls: int
    mean: float
    half: float | None
    most: float | None


def note(took: Sequence[float], now: datetime) -> None:
    """Count calls that took so many seconds."""
    if not took:
        return
    hour = micros(now.replace(minute=0, second=0, microsecond=0))
    counts, sums = Counter[int](), Counter[int]()
    for seconds in took:
        index = bisect_left(EDGES, seconds)
        counts[index] += 1
        sums[index] += round(seconds * 1_000_000)
    # In one order, so that two workers never wait for each other.
    rows = [(hour, index, counts[index], sums[index]) for index in sorted(counts)]
    marks = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messages_app_calltime AS old (hour, bin, calls, took) VALUES {marks}"
            " ON CONFLICT (hour, bin) DO UPDATE"
            " SET calls = old.calls + excluded.calls, took = old.took + excluded.took",
            [value for row in rows for value in row],
        )


def by_hour(since: datetime) -> list[Hour]:
    """The hours from `since` on in which there were calls, in order."""
    bins: dict[datetime, Counter[int]] = {}
    took = Counter[datetime]()
    for one in CallTime.objects.filter(hour__gte=since).order_by("hour", "bin"):
        bins.setdefault(one.hour, Counter())[one.bin] += one.calls
        took[one.hour] += one.took
    return [_hour(hour, counts, took[hour]) for hour, counts in bins.items()]


def together(hours: Sequence[Hour]) -> tuple[int, float]:
    """The calls of some hours, and their mean."""
    calls = sum(one.calls for one in hours)
    return calls, sum(one.mean * one.calls for one in hours) / calls if calls else 0.0


def _hour(hour: datetime, counts: Counter[int], took: int) -> Hour:
    calls = counts.total()
    mean = timedelta(microseconds=took).total_seconds() / calls
    return Hour(hour, calls, mean, _within(counts, 0.5), _within(counts, 0.95))


def _within(counts: Counter[int], share: float) -> float | None:
    """The edge within which this share of the calls was answered."""
    wanted, seen = share * counts.total(), 0
    for index in sorted(counts):
        seen += counts[index]
        if seen >= wanted:
            return EDGES[index] if index < len(EDGES) else None
    return None


def forget(before: datetime) -> None:
    CallTime.objects.filter(hour__lt=before).delete()
