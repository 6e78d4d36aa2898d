"""Another range to compare a question with, as a table of data; the question itself stays.

A comparison is the same question with another range, so every figure of it comes the same way.
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.sms.zones import SECOND

WEEK = timedelta(days=7)
MOMENT = timedelta.resolution


@dataclass(frozen=True, slots=True)
class Comparison:
    """A range beside a question's own: its name in addresses, and where it lies."""

    name: str
    label: str | Promise
    span: Callable[[Span], Span]


def _before(span: Span) -> Span:
    start, end = span
    return start - (end - start + SECOND), start - SECOND


def _months_before(wall: datetime, count: int) -> datetime:
    """The same day of an earlier month; a day that it lacks is its last."""
    years, month = divmod(wall.year * 12 + wall.month - 1 - count, 12)
    day = min(wall.day, monthrange(years, month + 1)[1])
    return wall.replace(year=years, month=month + 1, day=day)


MONTHS_BEFORE = {"month": 1, "year": 12}
"""Comparisons by the calendar; all others lie a fixed time before."""


def _months_ago(name: str) -> Callable[[Span], Span]:
    count = MONTHS_BEFORE[name]

    def ago(span: Span) -> Span:
        start, end = (_months_before(wall, count) for wall in span)
        # Two days that the earlier month lacks are one there, and the range may end before its time.
        return start, max(start, end)

    return ago


BEFORE, FREE = "before", "free"

COMPARISONS = {
    one.name: one
    for one in (
        Comparison(BEFORE, _("The period before"), _before),
        Comparison("week", _("A week before"), lambda span: (span[0] - WEEK, span[1] - WEEK)),
        Comparison("month", _("A month before"), _months_ago("month")),
        Comparison("year", _("A year before"), _months_ago("year")),
    )
}


def beside(query: MessageQuery, name: str) -> MessageQuery:
    """The same question over the range that a comparison names.

    Raises OverflowError or ValueError where that lies before the calendar.
    """
    return query.within(*COMPARISONS[name].span(query.span))


def images(
    spans: Sequence[Span], query: MessageQuery, other: MessageQuery, name: str
) -> list[Span | None]:
    """Where each span of the question's range lies in the range that `name` compares it with.

    Neighbours stay neighbours, so that the images of a whole range are the whole other range. None
    where nothing is left of one: a shorter range, or days that the earlier month lacks.
    """
    first, last = other.span
    apart = query.span[0] - first

    def moved(wall: datetime) -> datetime:
        if name not in MONTHS_BEFORE:
            return wall - apart
        earlier = _months_before(wall, MONTHS_BEFORE[name])
        # Days that the earlier month lacks have no room in it: they come after its end.
        return earlier if earlier.day == wall.day else datetime.combine(earlier, time.max) + MOMENT

    found: list[Span | None] = []
    # Up to where the next one begins: an hour that clocks skip now was there then.
    stops = [*(start for start, _end in spans[1:]), *(end + SECOND for _start, end in spans[-1:])]
    for (start, end), stop in zip(spans, stops, strict=True):
        begins = first if start == query.span[0] else moved(start)
        is_last = end == query.span[1] and name != FREE
        ends = last if is_last else moved(stop) - SECOND
        image = max(begins, first), min(ends, last)
        found.append(image if image[0] <= image[1] else None)
    return found
