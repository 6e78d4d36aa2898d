"""What runs leave in their ledger, for those who write it and those who read it."""

from datetime import datetime

from django.db import connection

from messages_app.archive.faults import FAILURES
from messages_app.models import SyncRun

STOPPED, KILLED = "stopped", "killed"
"""Reasons of runs whose process was ended: they tell nothing of provider or database."""


def note_failure(owner: str, reason: str, began: datetime, now: datetime) -> None:
    """Write down that an owner's work failed since `began` (aware, as `now`), so that pages can tell it.

    An open run of it gets this end; one that failed in the meantime has told it already. Where the
    database takes not even that, nothing is written.
    """
    mine = SyncRun.objects.filter(owner=owner)
    try:
        if mine.filter(ended_at=None).update(ended_at=now, outcome="failed", reason=reason):
            return
        if not mine.filter(ended_at__gte=began, outcome="failed").exists():
            wall = now.replace(tzinfo=None, microsecond=0)
            SyncRun.objects.create(
                kind="start", owner=owner, start=wall, end=wall, began_at=began, ended_at=now,
                outcome="failed", reason=reason,
            )  # fmt: skip
    except FAILURES:
        connection.close()
