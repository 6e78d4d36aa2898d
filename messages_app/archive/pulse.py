"""That a worker is there: each says so every few seconds, in the database's own time.

It tells of the process alone; how far its reading gets stands in the ledger of runs.
"""

from datetime import timedelta

from django.db import connection

from messages_app.archive.claims import database_now
from messages_app.archive.columns import MICROSECOND

EVERY = 10.0
"""Seconds."""

LATE = timedelta(minutes=1)
"""A pulse that has not been felt for so long is none."""

KEPT = timedelta(days=1)


def beat(owner: str) -> None:
    """Say that `owner` is there; forget those that have been gone for a day."""
    now = database_now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messages_app_pulse (owner, since, felt_at) VALUES (%s, {now}, {now})"
            " ON CONFLICT (owner) DO UPDATE SET felt_at = excluded.felt_at",
            [owner],
        )
        cursor.execute(
            f"DELETE FROM messages_app_pulse WHERE felt_at < {now} - {KEPT // MICROSECOND}"
        )


def end(owner: str) -> None:
    """`owner` goes."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM messages_app_pulse WHERE owner = %s", [owner])


def is_felt() -> bool:
    """Whether any worker is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM messages_app_pulse"
            f" WHERE felt_at >= {database_now()} - {LATE // MICROSECOND})"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def known() -> dict[str, bool]:
    """The workers of the last day that did not say that they go: whether each is still there."""
    now = database_now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT owner, felt_at >= {now} - {LATE // MICROSECOND} FROM messages_app_pulse"
            f" WHERE felt_at >= {now} - {KEPT // MICROSECOND} ORDER BY felt_at DESC, owner"
        )
        return {owner: bool(felt) for owner, felt in cursor.fetchall()}
