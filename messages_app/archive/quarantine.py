"""What could not be stored or proven: noted with its reason, left alone for a while, tried again.

A row that the database refuses is found by storing its window's rows one by one, so that one bad
row never keeps a thousand good ones out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.db import InterfaceError, InternalError, OperationalError
from django.db.models import F

from messages_app.archive import points
from messages_app.archive.claims import Held, LostClaim
from messages_app.archive.coverage import overlap, without
from messages_app.archive.keeping import Kept, keep
from messages_app.archive.plan import Asked
from messages_app.archive.windows import Proven, Unproven, Window, gettext_noop
from messages_app.models import Quarantine, Span
from messages_app.provider import MessageRecord

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
POISON = gettext_noop("A row could not be stored.")

NOT_THE_ROWS = (LostClaim, OperationalError, InterfaceError, InternalError)
"""Failures that say nothing about what is stored."""

Store = Callable[[Sequence[Proven | Unproven]], Kept]


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept of a batch, and the windows that became unproven by it."""

    rows: int
    missed: int
    barred: tuple[Unproven, ...] = ()


def keep_or_bar(
    batch: Sequence[Proven | Unproven],
    held: Held,
    *,
    zone: tzinfo,
    kept_from: datetime,
    seen_at: datetime,
) -> Stored:
    """Keep a batch; where something in it cannot be stored, keep the rest and note what and why.

    Raises LostClaim and the failures of the database itself.
    """

    def store(windows: Sequence[Proven | Unproven]) -> Kept:
        return keep(windows, held, zone=zone, kept_from=kept_from)

    barred: list[Unproven] = []
    try:
        kept = [store(batch)]
    except NOT_THE_ROWS:
        raise
    except Exception:
        kept = []
        for window in batch:
            try:
                kept.append(store([window]))
            except NOT_THE_ROWS:
                raise
            except Exception as problem:
                good, poison = _sorted_out(window, store)
                rest = Unproven(window.window, good, window.read_at, POISON)
                kept.append(store([rest]))
                barred.append(rest)
                _note_rows(window.window, poison, type(problem).__name__, seen_at)
    _note([one for one in (*batch, *barred) if isinstance(one, Unproven)], seen_at)
    points.reached("failures noted")
    _clear([one.window for one in batch])
    points.reached("failures cleared")
    return Stored(sum(k.rows for k in kept), sum(k.missed for k in kept), tuple(barred))


def _sorted_out(
    window: Proven | Unproven, store: Store
) -> tuple[tuple[MessageRecord, ...], list[MessageRecord]]:
    """The rows of a window that can be stored, and those that cannot."""
    good, poison = [], []
    for record in window.records:
        try:
            store([Unproven(window.window, (record,), window.read_at, POISON)])
        except NOT_THE_ROWS:
            raise
        except Exception:
            poison.append(record)
        else:
            good.append(record)
    return tuple(good), poison


def barred(now: datetime, asked: Sequence[Asked] = ()) -> list[Window]:
    """Windows that failed and are not due for another try yet; one that was `asked` for since is due."""
    found = []
    for entry in Quarantine.objects.all():
        window = Window(entry.start, entry.end)
        if any(overlap(one.window, window) and entry.seen_at < one.since for one in asked):
            continue
        wait = min(FIRST_WAIT * 2 ** min(entry.tries - 1, 20), LONGEST_WAIT)
        if entry.seen_at + wait > now:
            found.append(window)
    return found


def _note(windows: Iterable[Unproven], seen_at: datetime) -> None:
    for one in windows:
        bad = one.bad_rows or (None,)
        for row in bad:
            _note_one(
                one.window,
                (row and row.message_id) or "",
                row.reason if row else one.reason,
                seen_at,
            )


def _note_rows(
    window: Window, rows: Iterable[MessageRecord], reason: str, seen_at: datetime
) -> None:
    for row in rows:
        _note_one(window, str(row.message_id), reason, seen_at)


def _note_one(window: Window, message_id: str, reason: str, seen_at: datetime) -> None:
    entry = Quarantine.objects.filter(start=window.start, end=window.end, message_id=message_id)
    if not entry.update(tries=F("tries") + 1, reason=reason, seen_at=seen_at):
        Quarantine.objects.create(
            start=window.start,
            end=window.end,
            message_id=message_id,
            reason=reason,
            seen_at=seen_at,
        )


def _clear(windows: Sequence[Window]) -> None:
    """Forget what is covered by now."""
    first, last = min(w.start for w in windows), max(w.end for w in windows)
    for entry in Quarantine.objects.filter(start__lte=last, end__gte=first):
        spans = Span.objects.filter(start__lte=entry.end, end__gte=entry.start)
        held = [Window(span.start, span.end) for span in spans if span.fetched_at >= entry.seen_at]
        if not without(Window(entry.start, entry.end), held):
            entry.delete()
