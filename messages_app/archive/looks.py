"""What people look at: ranges that a worker fills first, and how far it got.

A page notes the range it would like to show. A worker reports on it with every window it keeps; a
person may stop it. `now` is real time, aware, whatever clock a question bears.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import overlap
from messages_app.archive.windows import Window
from messages_app.models import Look

LIVES = timedelta(minutes=3)
"""A look counts for so long after its page was last asked for."""

FORGOTTEN = timedelta(days=1)
AGAIN = timedelta(seconds=15)
"""A look this young is not written anew."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the filling of a look got: calls made and rows kept since it began.

    `refused` is the kind of the failure for which the database did not take the note.
    """

    id: int
    calls: int
    rows: int
    is_stopped: bool
    refused: str = ""


def note(window: Window, now: datetime) -> Progress:
    """Say that somebody looks at a window; the same one again keeps its progress."""
    window = _rounded(window)
    look, is_new = Look.objects.get_or_create(
        start=window.start, end=window.end, defaults={"began_at": now, "seen_at": now}
    )
    if not is_new and now - look.seen_at > AGAIN:
        changes: dict[str, object] = {"seen_at": now}
        if now - look.seen_at > LIVES:
            changes |= {"began_at": now, "calls": 0, "rows": 0, "stopped_at": None}
        Look.objects.filter(pk=look.pk).update(**changes)
        look.refresh_from_db()
    return Progress(look.pk, look.calls, look.rows, look.stopped_at is not None)


def stop(window: Window, now: datetime) -> None:
    """Fill this window no more, until somebody asks for it anew or nobody looks at it any longer."""
    window = _rounded(window)
    Look.objects.filter(start=window.start, end=window.end).update(stopped_at=now)


def resume(window: Window) -> None:
    window = _rounded(window)
    Look.objects.filter(start=window.start, end=window.end).update(stopped_at=None)


def recent(now: datetime) -> list[Window]:
    """Windows that somebody looks at now."""
    found = Look.objects.filter(seen_at__gte=now - LIVES, stopped_at=None)
    return [Window(look.start, look.end) for look in found]


def stopped(now: datetime) -> list[Window]:
    """Windows that somebody looks at and does not want to be filled."""
    found = Look.objects.filter(seen_at__gte=now - LIVES).exclude(stopped_at=None)
    return [Window(look.start, look.end) for look in found]


def report(windows: Sequence[Window], calls: int, rows: int, now: datetime) -> None:
    """Count calls and rows for the looks that these windows are of."""
    for look in Look.objects.filter(seen_at__gte=now - LIVES):
        if any(overlap(Window(look.start, look.end), window) for window in windows):
            Look.objects.filter(pk=look.pk).update(calls=F("calls") + calls, rows=F("rows") + rows)


def forget_old(now: datetime) -> None:
    Look.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def _rounded(window: Window) -> Window:
    """Whole hours: a relative period is the same look while its seconds move on."""
    hour = timedelta(hours=1)
    start = window.start.replace(minute=0, second=0)
    end = window.end.replace(minute=0, second=0) + hour - SECOND
    return Window(start, end)
