"""What the archive holds of each day: whole, still settling, in part, unreadable, forgotten, to come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Sum

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import Fetched, overlap
from messages_app.archive.plan import LEADING, gaps, kept_from, past_end
from messages_app.archive.rollups import DAY_TOTALS
from messages_app.archive.store import spans_in
from messages_app.archive.windows import Window
from messages_app.models import Quarantine, Rollup

COMPLETE, SETTLING, MISSING = "complete", "settling", "missing"
QUARANTINED, FORGOTTEN, AHEAD = "quarantined", "forgotten", "ahead"


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its state, rows stored, rows or ranges in quarantine, the `share` (0–1) that is held of
    what has passed of it, and whether the provider keeps it no more."""

    day: date
    state: str
    rows: int
    quarantined: int
    share: float
    is_forgotten: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of some days; `edge` is where the provider's memory surely begins."""

    spans: Sequence[Fetched]
    barred: Counter[date]
    rows: Counter[date]
    edge: datetime


def days_between(first: date, last: date, now: datetime) -> list[Day]:
    """Each day from `first` to `last`. `now` is aware, in the provider's zone."""
    whole = Window(datetime.combine(first, time.min), _end(last))
    held = _Held(spans_in(whole), _quarantined(whole), _rows(whole), kept_from(now))
    return [_day(first + timedelta(days=n), held, now) for n in range((last - first).days + 1)]


def _day(day: date, held: _Held, now: datetime) -> Day:
    passed = Window(datetime.combine(day, time.min), min(_end(day), past_end(now)))
    is_forgotten = _end(day) < held.edge
    if passed.start > passed.end:
        return Day(day, AHEAD, held.rows[day], 0, 0.0, is_forgotten)
    missing = gaps(passed, held.spans, now, LEADING)
    share = 1 - sum(gap.seconds for gap in missing) / passed.seconds
    state = QUARANTINED if held.barred[day] else _state(passed, held, missing)
    return Day(day, state, held.rows[day], held.barred[day], share, is_forgotten)


def _state(day: Window, held: _Held, missing: Sequence[Window]) -> str:
    if any(gap.end >= held.edge for gap in missing):
        return MISSING
    if missing:
        return FORGOTTEN
    is_settled = all(span.settled for span in held.spans if overlap(span.window, day))
    return COMPLETE if is_settled else SETTLING


def _end(day: date) -> datetime:
    return datetime.combine(day, time.min) + timedelta(days=1) - SECOND


def _rows(whole: Window) -> Counter[date]:
    found = Rollup.objects.filter(grain=DAY_TOTALS.code, bucket__range=(whole.start, whole.end))
    counted = found.values_list("bucket").annotate(Sum("rows"))
    return Counter({bucket.date(): rows for bucket, rows in counted})


def _quarantined(whole: Window) -> Counter[date]:
    """Rows and ranges that could not be stored, on each day that they touch."""
    counts = Counter[date]()
    found = Quarantine.objects.filter(start__lte=whole.end, end__gte=whole.start)
    for start, end in found.values_list("start", "end"):
        first, last = max(start, whole.start), min(end, whole.end)
        for n in range((last.date() - first.date()).days + 1):
            counts[first.date() + timedelta(days=n)] += 1
    return counts
