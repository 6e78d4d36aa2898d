"""Ranges that somebody wants to be read again by hand: the workers' plan has them, and this tells how far.

A range is done when every second of it was read after it was asked for, whoever read it. Nothing is
taken away meanwhile: what the archive holds answers until the newer reading takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import overlap, without
from messages_app.archive.plan import Asked, forgotten_before, past_end
from messages_app.archive.store import spans_in
from messages_app.archive.tables import Reread
from messages_app.archive.windows import Window
from messages_app.models import Quarantine

DONE, STOPPED, PARTIAL = "done", "stopped", "partial"
"""How one ends; partial: what is left of it cannot be read."""

KEPT = timedelta(days=30)


class NothingToRead(ValueError):
    """The range lies wholly in the future, or in what the provider has forgotten."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a range is: `share` (0–1) of its seconds were read since it was asked for."""

    reread: Reread
    share: float


def ask(first: datetime, last: datetime, name: str, now: datetime) -> Reread:
    """Have the days from `first` to `last` (their midnights) read again, as far as they have passed.

    `now` is aware, in the provider's zone. The same range that is still under way begins anew. Raises
    NothingToRead.
    """
    start = max(first, forgotten_before(now))
    end = min(last + timedelta(days=1) - SECOND, past_end(now))
    if start > end:
        raise NothingToRead
    Reread.objects.filter(start=start, end=end, ended_at=None).update(ended_at=now, outcome=STOPPED)
    return Reread.objects.create(start=start, end=end, asked_at=now, asked_by=name)


def stop(pk: int, now: datetime) -> bool:
    """Let a range be; whether it was still under way."""
    found = Reread.objects.filter(pk=pk, ended_at=None)
    return bool(found.update(ended_at=now, outcome=STOPPED))


def wanted() -> list[Asked]:
    """What is still to be read again."""
    return [_asked(one) for one in Reread.objects.filter(ended_at=None)]


def close(edge: datetime, now: datetime) -> None:
    """End those of which nothing is left to read, or nothing that can be; `edge` is where the
    provider's memory begins."""
    for one in Reread.objects.filter(ended_at=None):
        asked = _asked(one)
        unread = asked.unread(spans_in(asked.window))
        left = [part for piece in unread if (part := overlap(piece, Window(edge, piece.end)))]
        failed = _failed(asked)
        if any(without(piece, failed) for piece in left):
            continue
        found = Reread.objects.filter(pk=one.pk, ended_at=None)
        found.update(ended_at=now, outcome=PARTIAL if left else DONE)


def _failed(asked: Asked) -> list[Window]:
    """What was tried in vain since it was asked for."""
    found = Quarantine.objects.filter(
        start__lte=asked.window.end, end__gte=asked.window.start, seen_at__gte=asked.since
    )
    return [Window(entry.start, entry.end) for entry in found]


def report(windows: Sequence[Window], calls: int, rows: int) -> None:
    """Count calls and rows for those that these windows are of."""
    for one in Reread.objects.filter(ended_at=None):
        if any(overlap(_asked(one).window, window) for window in windows):
            found = Reread.objects.filter(pk=one.pk)
            found.update(calls=F("calls") + calls, rows=F("rows") + rows)


def latest(most: int) -> list[Progress]:
    """The latest ones, those under way first."""
    found = Reread.objects.order_by(F("ended_at").desc(nulls_first=True), "-pk")
    return [_progress(one) for one in found[:most]]


def _progress(reread: Reread) -> Progress:
    if reread.ended_at is not None and reread.outcome == DONE:
        return Progress(reread, 1.0)
    asked = _asked(reread)
    left = sum(piece.seconds for piece in asked.unread(spans_in(asked.window)))
    return Progress(reread, 1 - left / asked.window.seconds)


def forget_old(now: datetime) -> None:
    Reread.objects.filter(ended_at__lt=now - KEPT).delete()


def _asked(one: Reread) -> Asked:
    return Asked(Window(one.start, one.end), one.asked_at)
