"""What a month will cost, from its days so far: a mean for weekdays, one for weekends."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from messages_app.analysis.facets import month_of
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket

DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Forecast:
    """Credits of the month that `month` begins: spent so far, and expected by its end.

    `days` whole days of its `of` are what the expectation comes from.
    """

    month: datetime
    so_far: Decimal
    expected: Decimal
    days: int
    of: int


def month_so_far(query: MessageQuery) -> MessageQuery | None:
    """The question over the month of its `now`, up to now; None where its range does not reach now."""
    now = query.now.replace(tzinfo=None, microsecond=0)
    start, end = query.span
    if not start <= now <= end + DAY:
        return None
    return query.within(month_of(now), max(now, month_of(now)))


def forecast(days: Iterable[Bucket], now: datetime) -> Forecast | None:
    """From the days of the month up to `now` (naive); None before its first day is whole."""
    costs = {bucket.start.date(): bucket.tally.cost for bucket in days}
    today = now.date()
    whole = {day: cost for day, cost in costs.items() if day < today}
    if not whole:
        return None
    so_far = sum(costs.values(), Decimal(0))
    length = monthrange(now.year, now.month)[1]
    expected = sum(whole.values(), Decimal(0))
    for number in range(today.day, length + 1):
        usual = _mean(_alike(whole, now.replace(day=number)))
        # Today is in part over: it costs what it did already, or more.
        expected += max(usual, costs.get(today, Decimal(0))) if number == today.day else usual
    return Forecast(month_of(now), so_far, expected, len(whole), length)


def _alike(costs: Mapping[date, Decimal], day: date) -> list[Decimal]:
    """What days of the same kind cost, all days where there is none yet."""
    found = [cost for one, cost in costs.items() if _is_weekend(one) == _is_weekend(day)]
    return found or list(costs.values())


def _is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _mean(costs: list[Decimal]) -> Decimal:
    return sum(costs, Decimal(0)) / len(costs)
