"""Exports as records: asked for, sent at once, or made by a worker (`leases`) and kept (`kept`)."""

import logging
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from errno import ECONNRESET
from tempfile import TemporaryFile
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import connection, transaction
from django.db.models import QuerySet

from messages_app.access import Viewer
from messages_app.analysis.choice import look_at
from messages_app.analysis.query import MessageQuery
from messages_app.answers import Answered, Gathered, gathered, held_of
from messages_app.archive.faults import FAILURES
from messages_app.archive.windows import TooMuch
from messages_app.exports import kept, leases
from messages_app.exports.kept import DONE, FAILED, KEPT, RUNNING, UNDER_WAY, WAITING
from messages_app.exports.leases import FOUND, LostLease
from messages_app.exports.making import Making, note_answer, question_of
from messages_app.filters import question_url
from messages_app.models import Export
from messages_app.provider import ProviderError

AT_ONCE = 50_000
"""Rows up to which a person's file is sent at once; a larger one is made by a worker."""

MOST = 5
"""Files that one person may have made, or sent, at the same time."""

LONGEST_WAIT = timedelta(hours=12)
"""How long a file waits for its whole range: a part of it may never be proven."""

LONGEST_SENDING = timedelta(hours=1)
"""After which a file that is sent at once is taken for broken off, if nobody said so."""

IDLE_SECONDS = 1.0

INTERRUPTED, LOST_KEY, PROVIDER, STORAGE = "interrupted", "key", "provider", "storage"
BROKEN, DROPPED = "broken", "dropped"
"""`DROPPED` is a file whose owner forgot it while it is being sent: it counts until that has ended."""

log = logging.getLogger("messages_app.exports")


class TooMany(Exception):
    """This person has as many files made or sent as may be at the same time."""


class Stopped(Exception):
    """The worker is to end: somebody else makes the file from its beginning."""


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
    """Write down that somebody wants a file; `now` is real time. Raises TooMany."""
    start, end = query.span
    record = Export(
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
    with transaction.atomic():
        # One after the other, or many that ask together would all be let through.
        list(get_user_model().objects.select_for_update(no_key=True).filter(pk=viewer.user_id))
        if _at_the_same_time(record).count() >= MOST:
            raise TooMany
        record.save()
    return record


def _at_the_same_time(record: Export) -> QuerySet[Export]:
    """Files of the same person that are made, or sent, and not at their end yet."""
    others = Export.objects.filter(owner_id=record.owner_id, ended_at=None)
    if record.state in UNDER_WAY:
        return others.filter(state__in=UNDER_WAY)
    return others.filter(state=FAILED, made_at__gte=record.made_at - LONGEST_SENDING)


def sent(
    export: Export, answer: Answered[Gathered], now: Callable[[], datetime]
) -> Generator[bytes, None, None]:
    """The bytes of a file that is sent at once; what became of it is written down at its end."""
    note_answer(export, answer)
    record = Export.objects.filter(pk=export.pk)
    # The file may say of itself that it is whole; the record only once it is.
    export.state, end = RUNNING, {"state": FAILED, "reason": INTERRUPTED}
    record.update(**end, **_found(export))
    try:
        for piece in Making(export, answer).pieces():
            if record.filter(reason=DROPPED).exists():
                # As if the browser had hung up: servers end the answer without its end.
                raise ConnectionResetError(ECONNRESET, "forgotten while it was being sent")
            yield piece
        export.state, end = DONE, {"state": DONE, "reason": ""}
    finally:
        if not record.filter(reason=DROPPED).delete()[0]:
            record.update(**end, **_found(export), ended_at=now())


def drop(export: Export, now: datetime) -> None:
    """Forget an export with its file. The sending of one ends with its next piece, and with that its
    record: it would free a place for another while it goes on."""
    sending = Export.objects.filter(pk=export.pk, state=FAILED, ended_at=None)
    if is_broken_off(export, now) or not sending.update(reason=DROPPED):
        kept.drop(export)


def is_broken_off(export: Export, now: datetime) -> bool:
    """Whether a file was being sent by a process that is no more."""
    return not export.ended_at and export.made_at < now - LONGEST_SENDING


def _found(export: Export) -> dict[str, Any]:
    return {name: getattr(export, name) for name in FOUND}


def work(owner: str, now: Callable[[], datetime], stopped: Callable[[], bool]) -> bool:
    """Make the next file that can be made; say whether there was one. `now` gives real time.

    Those that failed stand behind the others.
    """
    for export in Export.objects.filter(state__in=UNDER_WAY).order_by("tries", "made_at", "pk"):
        if _is_ready(export, now()) and leases.take(export, owner):
            _make(export, owner, now, stopped)
            return True
    return False


def _is_ready(export: Export, now: datetime) -> bool:
    """Whether a file need not wait for its range any longer."""
    if not export.waits or now - export.made_at >= LONGEST_WAIT:
        return True
    query = question_of(export)
    if query is None or held_of(query, now).is_whole:
        return True
    look_at(query, now)
    return False


def _make(
    export: Export, owner: str, now: Callable[[], datetime], stopped: Callable[[], bool]
) -> None:
    """Make a file that is ours, and keep it. Whatever is wrong with one ends that one alone.

    Raises FAILURES, of the database.
    """
    try:
        with leases.kept_alive(export, owner), TemporaryFile() as file:
            export.refresh_from_db()
            _fill(export, owner, file, stopped)
            _keep(export, owner, file, now())
    except (LostLease, Export.DoesNotExist):
        return
    except Stopped:
        leases.give_back(export, owner)
    except FAILURES:
        with suppress(*FAILURES):
            connection.close_if_unusable_or_obsolete()
            leases.put_back(export, owner, now())
        raise
    except Exception as error:
        _say(error)
        leases.fail(export, owner, BROKEN, now())


def _fill(export: Export, owner: str, file: IO[bytes], stopped: Callable[[], bool]) -> None:
    """Write the rows; a file that cannot be finished is kept as far as it is."""

    def told(rows: int) -> None:
        if stopped():
            raise Stopped
        leases.renew(export, owner, rows)

    try:
        _write(export, file, told)
    except (LostLease, Stopped, *FAILURES):
        raise
    except (ProviderError, TooMuch) as error:
        export.state, export.reason = FAILED, getattr(error, "kind", PROVIDER)
    except OSError:
        export.state, export.reason = FAILED, STORAGE
    except Exception as error:
        _say(error)
        export.state, export.reason = FAILED, BROKEN


def _write(export: Export, file: IO[bytes], told: Callable[[int], None]) -> None:
    query = question_of(export)
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
    try:
        if file.tell():
            file.seek(0)  # which writes the rest: the disk may be full only now
            name = f"{export.pk}-{secrets.token_hex(16)}.{export.format}"
            export.file = kept.storage().save(name, File(file))
    except Exception as error:  # each kind of storage has errors of its own
        _say(error)
        export.state, export.reason = FAILED, STORAGE
    export.ended_at, export.expires_at, export.lease = now, now + KEPT, ""
    if not leases.finish(export, owner):
        kept.delete(export.file)


def _say(error: Exception) -> None:
    # Never its words: they may hold a value.
    log.error("the file of an export could not be made: %s", type(error).__name__)
