"""What can go wrong with the database, as kinds with a sentence each: one table for SQLite and PostgreSQL.

    an error of Django ─▶ the driver's own behind it ─▶ its code ─▶ kind ─▶ sentence

A kind is what a run's record says, a sentence what people read. The driver's words are never shown:
they may hold a value.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

FAILURES = (DatabaseError, InterfaceError)
"""What Django raises where its database fails."""


HURRY = 1000
"""Milliseconds that a page waits for others to let go of the database."""


def gettext_noop(text: str) -> str:
    """Mark a sentence for extraction (`makemessages` knows the name): people read it elsewhere."""
    return text


FULL, LOCKED, READ_ONLY, GONE = "disk_full", "locked", "read_only", "database_gone"
DISK, DAMAGED, UNMIGRATED, OTHER = "disk", "damaged", "unmigrated", "database"
SLOW = "too_slow"

SENTENCES = {
    FULL: gettext_noop("The disk is full; nothing is stored until there is room."),
    LOCKED: gettext_noop("Another program holds the database; nothing is stored until it lets go."),
    READ_ONLY: gettext_noop("The database cannot be written: it is read-only."),
    GONE: gettext_noop("The database does not answer."),
    DISK: gettext_noop("The disk of the database cannot be read or written."),
    DAMAGED: gettext_noop("The database file is damaged."),
    UNMIGRATED: gettext_noop("The database lacks migrations; run: manage.py migrate"),
    SLOW: gettext_noop("The database took too long and was stopped."),
    OTHER: gettext_noop("The database failed."),
}

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: GONE,
    sqlite3.SQLITE_IOERR: DISK,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_INTERRUPT: SLOW,
}
_OF_SQLITE_IN_FULL = {sqlite3.SQLITE_IOERR_SHMSIZE: FULL}
"""Extended codes that say more: the file of the log's index cannot grow."""

_OF_POSTGRESQL = {
    "53100": FULL,
    "53300": GONE,  # no connection is left
    "25006": READ_ONLY,
    "42501": READ_ONLY,  # not permitted
    "55P03": LOCKED,
    "57014": SLOW,  # a statement's deadline
    "40P01": LOCKED,  # a deadlock
    "40001": LOCKED,
    "42P01": UNMIGRATED,
    "42703": UNMIGRATED,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
    "58030": DISK,
}
_CLASSES_OF_POSTGRESQL = {"08": GONE, "57": GONE, "53": GONE}


def kind_of(error: BaseException) -> str:
    """The kind of what Django raised, or a driver."""
    for one in _chain(error):
        code = getattr(one, "sqlite_errorcode", None)
        if code is not None:
            return _of_sqlite(code, str(one))
        state = getattr(one, "sqlstate", None)
        if state:
            return _OF_POSTGRESQL.get(state) or _CLASSES_OF_POSTGRESQL.get(state[:2], OTHER)
    # Without a code the database said nothing: the connection is closed, or there was none.
    return GONE if isinstance(error, OperationalError | InterfaceError) else OTHER


def sentence_of(kind: str) -> str:
    """The sentence of a kind; "" for what is none of them."""
    return SENTENCES.get(kind, "")


@contextmanager
def hurried() -> Iterator[None]:
    """Wait within for a lock of others no longer than a page may: it is fit for small notes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {HURRY}")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
        else:
            with transaction.atomic():
                cursor.execute(f"SET LOCAL lock_timeout = {HURRY}")
                yield


def _of_sqlite(code: int, words: str) -> str:
    if code & 0xFF == sqlite3.SQLITE_ERROR and words.startswith(
        ("no such table", "no such column")
    ):
        return UNMIGRATED
    return _OF_SQLITE_IN_FULL.get(code) or _OF_SQLITE.get(code & 0xFF, OTHER)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, the error first."""
    one: BaseException | None = error
    seen: list[BaseException] = []
    while one is not None and one not in seen:
        seen.append(one)
        yield one
        one = one.__cause__ or one.__context__
