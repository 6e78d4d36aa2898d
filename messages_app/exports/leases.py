"""Which worker makes the file of an export: leases by the database's own time, as for days.

A lease is a conditional UPDATE: one worker makes a file, one that was killed is taken over, one that
slept writes nothing any more. What fails by the database is tried again, behind the others, and not for ever.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from messages_app.archive.claims import LEASE, database_now
from messages_app.archive.columns import MICROSECOND
from messages_app.archive.faults import FAILURES
from messages_app.exports.kept import FAILED, RUNNING, WAITING
from messages_app.models import Export

BEAT = LEASE.total_seconds() / 3
"""Seconds between two renewals beside the work."""

MOST_TRIES = 3

DATABASE = "database"

FOUND = ("total", "rows", "source", "as_of", "missing", "reasons", "cut", "sha256")
"""What is known of a file once it is made."""

_OURS = " WHERE id = %s AND lease = %s AND state = %s"


class LostLease(Exception):
    """Another worker makes this file by now, or nobody is to."""


def take(export: Export, owner: str) -> bool:
    """Take the lease, unless somebody holds it."""
    now = database_now()
    sql = f"""
        UPDATE messages_app_export SET lease = %s, state = %s, until = {now} + {LEASE // MICROSECOND}
        WHERE id = %s AND (state = %s OR (state = %s AND until < {now}))
    """  # noqa: S608 - put together from constants alone
    return _changed(sql, [owner, RUNNING, export.pk, WAITING, RUNNING])


def renew(export: Export, owner: str, rows: int) -> None:
    """Keep the lease, and tell how far the file is. Raises LostLease."""
    sql = f"UPDATE messages_app_export SET rows = %s, until = {_until()}{_OURS}"  # noqa: S608
    if not _changed(sql, [rows, export.pk, owner, RUNNING]):
        raise LostLease


def prolong(export: Export, owner: str) -> bool:
    """Keep the lease alone; say whether it is ours."""
    sql = f"UPDATE messages_app_export SET until = {_until()}{_OURS}"  # noqa: S608
    return _changed(sql, [export.pk, owner, RUNNING])


@contextmanager
def kept_alive(export: Export, owner: str) -> Iterator[None]:
    """Renew the lease beside what is done within, however long a single step of that takes."""
    ended = threading.Event()
    beats = threading.Thread(target=_beat, args=(export, owner, ended), name="lease", daemon=True)
    beats.start()
    try:
        yield
    finally:
        ended.set()
        beats.join(BEAT)


def _beat(export: Export, owner: str, ended: threading.Event) -> None:
    is_ours = True
    while is_ours and not ended.wait(BEAT):
        try:
            is_ours = prolong(export, owner)
        except FAILURES:
            connection.close()
    connection.close()  # a thread has one of its own


def give_back(export: Export, owner: str) -> None:
    """Let another worker make the file from its beginning."""
    _ours(export, owner).update(state=WAITING, lease="", rows=0)


def put_back(export: Export, owner: str, now: datetime) -> None:
    """The database failed in the middle: later again, but not more often than MOST_TRIES."""
    tries = export.tries + 1
    if tries < MOST_TRIES:
        _ours(export, owner).update(state=WAITING, lease="", rows=0, tries=tries)
    else:
        fail(export, owner, DATABASE, now)


def fail(export: Export, owner: str, reason: str, now: datetime) -> None:
    """End it without a file."""
    end = {"state": FAILED, "reason": reason, "lease": "", "ended_at": now}
    _ours(export, owner).update(**end)


def finish(export: Export, owner: str) -> bool:
    """Write down what became of a file, while it is ours; say whether it was."""
    names = ("state", "reason", "ended_at", "expires_at", "lease", "file", *FOUND)
    return bool(_ours(export, owner).update(**{name: getattr(export, name) for name in names}))


def _ours(export: Export, owner: str) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, lease=owner, state=RUNNING)


def _until() -> str:
    return f"{database_now()} + {LEASE // MICROSECOND}"


def _changed(sql: str, values: Sequence[str | int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount)
