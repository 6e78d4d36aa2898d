"""What is stored of coverage, for those who plan and those who ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import Fetched
from messages_app.archive.runs import KILLED, STOPPED
from messages_app.archive.windows import Window
from messages_app.models import Span, SyncRun


def spans_in(window: Window) -> list[Fetched]:
    """The spans that touch a window or lie right beside it, in order, uncut."""
    found = Span.objects.filter(start__lte=window.end + SECOND, end__gte=window.start - SECOND)
    rows = found.order_by("start").values_list("start", "end", "fetched_at", "settled")
    return [Fetched(Window(start, end), read, settled) for start, end, read, settled in rows]


def last_read() -> datetime | None:
    """When anything was last read from the provider (aware, UTC); None while nothing is held."""
    latest: datetime | None = Span.objects.aggregate(latest=Max("fetched_at"))["latest"]
    return latest


TOLD = timedelta(hours=2)
"""Workers that fail try again within an hour at most: an older reason may not be today's."""

FILLING = timedelta(minutes=6)
"""A worker that wrote down a run this lately is taken to be there."""


def is_filling(now: datetime) -> bool:
    """Whether a worker is there and reads: what is missing will come by itself."""
    runs = SyncRun.objects.exclude(kind="sync").filter(began_at__gte=now - FILLING)
    latest = runs.order_by("-began_at").values_list("outcome", "reason").first()
    return latest is not None and latest[0] != "failed" and latest[1] != STOPPED


@dataclass(frozen=True, slots=True)
class Failing:
    """Nothing was fetched `since` then (aware, UTC; None: ever). `reason` is the latest one's: a kind of
    provider or database error, the name of what else went wrong, or "" where nobody tried lately."""

    since: datetime | None
    reason: str


def failing(now: datetime, refused: str = "") -> Failing | None:
    """How workers fail, where none of their runs was good since; None while all is well.

    `refused` is the kind of a failure that the caller met with the database itself: a worker before
    the same one cannot write down its own.
    """
    # What a clock that was wrong has dated ahead would hide all that fails until then.
    ended = SyncRun.objects.filter(ended_at__lte=now).exclude(reason__in=(STOPPED, KILLED))
    good = ended.exclude(outcome="failed").order_by("-ended_at").first()
    failed = ended.exclude(kind="sync").filter(outcome="failed").order_by("-ended_at")
    if good:
        failed = failed.filter(ended_at__gt=good.ended_at)
    latest = failed.first()
    if latest is None:
        return Failing(good.ended_at if good else None, refused) if refused else None
    assert latest.ended_at is not None
    is_told = latest.ended_at >= now - TOLD
    first = failed.last()
    assert first is not None
    return Failing(first.ended_at, refused or (latest.reason if is_told else ""))
