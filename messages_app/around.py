"""Figures that need more than the question's own range: what is usual, what changed, what is to come.

All but `compared` come from the archive alone: live, they would read weeks for a glance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messages_app import clock
from messages_app.analysis.changes import Change, Pair, changes
from messages_app.analysis.facets import COUNTRY
from messages_app.analysis.forecast import Forecast, forecast, month_so_far
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import parts_archived, series_archived
from messages_app.analysis.series import BUCKETS, Bucket, BucketSize
from messages_app.analysis.usual import LEAST_WEEKS, LONGEST, Band, bands, earlier, weeks_before
from messages_app.answers import held_of, is_all_held, parted


def usual(query: MessageQuery, buckets: tuple[Bucket, ...], size: BucketSize) -> list[Band | None]:
    """The band behind each bucket, from the archive alone: live would read four weeks for it.

    A visitor has none, here and below: what was before lies outside the fence.
    """
    if size.seconds > LONGEST or query.fence is not None:
        return [None] * len(buckets)
    before = earlier(query)
    held = held_of(before, clock.real_now())
    if held.as_of is None:
        return [None] * len(buckets)
    holes = [(gap.start, gap.end) for gap in (*held.missing, *held.lost)]
    return bands(buckets, series_archived(before, size, timed=False), size, holes)


def foreseen(query: MessageQuery) -> Forecast | None:
    """What the present month will cost; None where the range does not reach it, or the archive does
    not hold it whole."""
    month = month_so_far(query) if query.fence is None else None
    if month is None or not is_all_held(held_of(month, clock.real_now())):
        return None
    days = series_archived(month, BUCKETS["day"], timed=False)
    return forecast(days, query.now.replace(tzinfo=None))


ByCountry = Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed beyond chance in a question's range, and how many rates were looked at."""

    query: MessageQuery
    changes: tuple[Change, ...]
    looked_at: int


def watched(query: MessageQuery) -> Compared | None:
    """What of the question's last 24 hours is worth a look, against the same hours of the weeks before.

    None where fewer than three of these weeks are in the archive, or the day itself is not.
    """
    if query.fence is not None:
        return None
    now = clock.real_now()
    day = query.but(period="last_24_hours", date_start=None, date_end=None)
    weeks = [week for week in weeks_before(day) if is_all_held(held_of(week, now))]
    if not is_all_held(held_of(day, now)) or len(weeks) < LEAST_WEEKS:
        return None
    found, *before = (parts_archived(one, COUNTRY, timed=False) for one in (day, *weeks))
    return judged(day, found, before)


def compared(query: MessageQuery, other: MessageQuery) -> Compared | None:
    """What changed between two ranges; None where one of them is not whole. Raises as `listed`."""
    now, then = (parted(one, COUNTRY, timed=False) for one in (query, other))
    if not (now.is_whole and then.is_whole):
        return None
    return judged(query, now.value.by, [then.value.by])


def judged(query: MessageQuery, now: ByCountry, before: Sequence[ByCountry]) -> Compared:
    """Judge each country against itself over other ranges together.

    Countries alone: a sender's or the whole rate moves with the mix of countries, which is no news.
    """
    pairs = [
        Pair(code, found, _usual(each), each)
        for code, found in now.items()
        for each in [tuple(parts[code] for parts in before if code in parts)]
    ]
    return Compared(query, tuple(changes(pairs)), sum(pair.is_looked_at for pair in pairs))


def _usual(each: Sequence[Tally]) -> Tally:
    """Earlier ranges together, the best and the worst of several left out: one bad day among them
    would make every good one news."""
    rated = sorted(each, key=lambda one: one.delivery_rate or 0.0)
    found = Tally()
    for one in rated[1:-1] if len(rated) >= LEAST_WEEKS else rated:
        found.merge(one)
    return found
