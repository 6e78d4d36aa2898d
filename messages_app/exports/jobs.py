"""Exports as records: asked for, sent at once or made by a worker under a lease, kept, forgotten.

A lease is a conditional UPDATE by the database's own time, as for the days of the archive: one worker
makes a file, one that was killed is taken over, one that slept writes nothing any more.
"""

import secrets
from collections.abc import Callable, Generator, Sequence
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import connection

from messages_app.access import Viewer
from messages_app.analysis.choice import look_at
from messages_app.analysis.query import MessageQuery
from messages_app.answers import Answered, Gathered, gathered, held_of
from messages_app.archive.claims import LEASE, database_now
from messages_app.archive.columns import MICROSECOND
from messages_app.archive.windows import TooMuch
from messages_app.exports.making import Making, note_answer, question_of
from messages_app.filters import question_url
from messages_app.models import Export
from messages_app.provider import ProviderError

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
UNDER_WAY = (WAITING, RUNNING)

AT_ONCE = 50_000
"""Rows up to which a person's file is sent at once; a larger one is made by a worker."""

KEPT = timedelta(hours=24)
"""How long a file can be fetched."""

REMEMBERED = timedelta(days=30)
"""How long it is known that there was one."""

MOST = 5
"""Files that one person may have made at the same time."""

IDLE_SECONDS = 1.0

INTERRUPTED, LOST_KEY, PROVIDER, STORAGE = "interrupted", "key", "provider", "storage"


class LostLease(Exception):
    """Another worker makes this file by now, or nobody is to."""


class Stopped(Exception):
    """The worker is to end: somebody else makes the file from its beginning."""


def storage() -> Storage:
    """Where files are kept: private, on a place that workers and dashboards share."""
    return storages["exports"]


def asked_for(
    viewer: Viewer,
    query: MessageQuery,
    format: str,
    now: datetime,
    *,
    columns: Sequence[str],
    language: str,
    site: str,
    waits: bool = False,
    state: str = WAITING,
) -> Export:
    """Write down that somebody wants a file; `now` is real time."""
    start, end = query.span
    return Export.objects.create(
        owner_id=viewer.user_id,
        format=format,
        question=question_url("", query.but(page=1)).removeprefix("?"),
        start=start,
        end=end,
        columns=list(columns),
        language=language,
        site=site,
        numbers=viewer.mask.numbers,
        texts=viewer.mask.texts,
        waits=waits,
        state=state,
        made_at=now,
    )


def under_way(owner: int) -> int:
    """How many files of a person are asked for and not made yet."""
    return Export.objects.filter(owner_id=owner, state__in=UNDER_WAY).count()


def sent(
    export: Export, answer: Answered[Gathered], now: Callable[[], datetime]
) -> Generator[bytes, None, None]:
    """The bytes of a file that is sent at once; what became of it is written down at its end."""
    note_answer(export, answer)
    export.state, export.reason = FAILED, INTERRUPTED
    export.save()
    try:
        yield from Making(export, answer).pieces()
        export.state, export.reason = DONE, ""
    finally:
        export.ended_at = now()
        export.save()


def work(owner: str, now: Callable[[], datetime], stopped: Callable[[], bool]) -> bool:
    """Make the next file that can be made; say whether there was one. `now` gives real time."""
    forget(now())
    for export in Export.objects.filter(state__in=UNDER_WAY).order_by("made_at"):
        query = question_of(export)
        if export.waits and query and not held_of(query, now()).is_whole:
            look_at(query, now())
            continue
        if _taken(export, owner):
            _make(export, query, owner, now, stopped)
            return True
    return False


def _make(
    export: Export,
    query: MessageQuery | None,
    owner: str,
    now: Callable[[], datetime],
    stopped: Callable[[], bool],
) -> None:
    """Make a file that is ours, and keep it; one that cannot be finished is kept as far as it is."""

    def told(rows: int) -> None:
        if stopped():
            raise Stopped
        _renew(export, owner, rows)

    export.refresh_from_db()
    with TemporaryFile() as file:
        try:
            _write(export, query, file, told)
        except LostLease:
            return
        except Stopped:
            _give_back(export, owner)
            return
        except (ProviderError, TooMuch) as error:
            export.state, export.reason = FAILED, getattr(error, "kind", PROVIDER)
        except OSError:
            export.state, export.reason = FAILED, STORAGE
        _keep(export, owner, file, now())


def _write(
    export: Export, query: MessageQuery | None, file: IO[bytes], told: Callable[[int], None]
) -> None:
    if query is None:
        export.state, export.reason = FAILED, LOST_KEY
        return
    answer = gathered(query, is_patient=True)
    note_answer(export, answer)
    Export.objects.filter(pk=export.pk).update(total=export.total)
    export.state = DONE
    for piece in Making(export, answer, told).pieces():
        file.write(piece)


def _keep(export: Export, owner: str, file: IO[bytes], now: datetime) -> None:
    """Put the file into the storage; it is anybody's business only once the record says so."""
    if file.tell():
        file.seek(0)
        name = f"{export.pk}-{secrets.token_hex(16)}.{export.format}"
        try:
            export.file = storage().save(name, File(file))
        except OSError:
            export.state, export.reason = FAILED, STORAGE
    export.ended_at, export.expires_at, export.lease = now, now + KEPT, ""
    if not _saved(export, owner):
        _delete(export.file)


def _saved(export: Export, owner: str) -> bool:
    names = ("state", "reason", "total", "rows", "ended_at", "expires_at", "lease", "source", "as_of",
             "missing", "reasons", "cut", "sha256", "file")  # fmt: skip
    values = {name: getattr(export, name) for name in names}
    ours = Export.objects.filter(pk=export.pk, lease=owner, state=RUNNING)
    return bool(ours.update(**values))


def _taken(export: Export, owner: str) -> bool:
    """Take the lease, unless somebody holds it."""
    now = database_now()
    sql = f"""
        UPDATE messages_app_export SET lease = %s, state = %s, until = {now} + {LEASE // MICROSECOND}
        WHERE id = %s AND (state = %s OR (state = %s AND until < {now}))
    """  # noqa: S608 - put together from constants alone
    return _changed(sql, [owner, RUNNING, export.pk, WAITING, RUNNING])


def _renew(export: Export, owner: str, rows: int) -> None:
    """Keep the lease, and tell how far the file is. Raises LostLease."""
    sql = f"""
        UPDATE messages_app_export SET rows = %s, until = {database_now()} + {LEASE // MICROSECOND}
        WHERE id = %s AND lease = %s AND state = %s
    """  # noqa: S608 - put together from constants alone
    if not _changed(sql, [rows, export.pk, owner, RUNNING]):
        raise LostLease


def _give_back(export: Export, owner: str) -> None:
    Export.objects.filter(pk=export.pk, lease=owner).update(state=WAITING, lease="", rows=0)


def _changed(sql: str, values: Sequence[str | int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount)


def drop(export: Export) -> None:
    """Forget an export with its file; a worker that makes it finds its lease gone."""
    export.delete()
    _delete(export.file)


def forget(now: datetime) -> None:
    """Delete files that nobody may fetch any more, and records that are old."""
    for export in Export.objects.filter(expires_at__lt=now).exclude(file=""):
        _delete(export.file)
        Export.objects.filter(pk=export.pk).update(file="")
    Export.objects.filter(made_at__lt=now - REMEMBERED).exclude(state__in=UNDER_WAY).delete()


def _delete(name: str) -> None:
    if name:
        storage().delete(name)
