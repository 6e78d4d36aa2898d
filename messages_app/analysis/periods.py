"""Relative periods as a table of data: a name, a label, and the range of seconds it means.

A range is a pair of naive wall times of the provider's zone that both belong to it. `now` is
passed in; nothing here reads a clock.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.sms.zones import SECOND, wall_end, wall_start

Span = tuple[datetime, datetime]

CUSTOM = "custom"
DEFAULT_PERIOD = "last_7_days"
HORIZON = timedelta(days=366)
"""How far ahead `scheduled` looks: no campaign is planned further."""


@dataclass(frozen=True, slots=True)
class Period:
    """A relative period; `span(now)` takes an aware `now` in the provider's zone."""

    name: str
    label: str | Promise
    span: Callable[[datetime], Span]


def _midnight(now: datetime, days_back: int = 0) -> datetime:
    return datetime.combine(now.date() - timedelta(days=days_back), time.min)


def _last(span: timedelta) -> Callable[[datetime], Span]:
    def bounds(now: datetime) -> Span:
        # Over instants: an hour ago is an hour ago also in the night when the clocks change.
        utc = now.timestamp() - span.total_seconds() + 1
        return wall_start(datetime.fromtimestamp(utc, now.tzinfo)), wall_end(now)

    return bounds


def _days(count: int) -> Callable[[datetime], Span]:
    return lambda now: (_midnight(now, count - 1), wall_end(now))


def _months(count: int) -> Callable[[datetime], Span]:
    """Whole months by the calendar: from the day after today's namesake `count` months ago."""

    def bounds(now: datetime) -> Span:
        years, month = divmod(now.year * 12 + now.month - 1 - count, 12)
        day = min(now.day, monthrange(years, month + 1)[1])
        return datetime(years, month + 1, day) + timedelta(days=1), wall_end(now)

    return bounds


def _yesterday(now: datetime) -> Span:
    return _midnight(now, 1), _midnight(now) - SECOND


def _this_month(now: datetime) -> Span:
    return _midnight(now).replace(day=1), wall_end(now)


def _last_month(now: datetime) -> Span:
    end = _midnight(now).replace(day=1) - SECOND
    return datetime.combine(end.date().replace(day=1), time.min), end


def _scheduled(now: datetime) -> Span:
    start = wall_start(now)
    return start, start + HORIZON


PERIODS = {
    period.name: period
    for period in (
        Period("last_hour", _("Last hour"), _last(timedelta(hours=1))),
        Period("last_24_hours", _("Last 24 hours"), _last(timedelta(hours=24))),
        Period("today", _("Today"), _days(1)),
        Period("yesterday", _("Yesterday"), _yesterday),
        Period("last_7_days", _("Last 7 days"), _days(7)),
        Period("last_30_days", _("Last 30 days"), _days(30)),
        Period("last_90_days", _("Last 90 days"), _days(90)),
        Period("last_6_months", _("Last 6 months"), _months(6)),
        Period("last_12_months", _("Last 12 months"), _months(12)),
        Period("this_month", _("This month"), _this_month),
        Period("last_month", _("Last month"), _last_month),
        Period("scheduled", _("Scheduled"), _scheduled),
    )
}
