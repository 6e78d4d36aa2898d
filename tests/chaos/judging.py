"""What must be true of an archive that no process works on, told from its tables alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from messages_app.archive import rollups
from messages_app.archive.claims import is_at_work
from messages_app.archive.sync import close_orphans
from messages_app.models import Span, SyncRun
from tests.chaos.witness import Broken, tables


def judge() -> Iterator[str]:
    """Every rule that is broken, as a sentence; nothing where all hold."""
    try:
        tables()
    except Broken as broken:
        yield str(broken)
    yield from (f"I1: rollup {one.key}" for one in rollups.differences())
    close_orphans(is_at_work, datetime.now(UTC) + timedelta(minutes=2))
    for run in SyncRun.objects.filter(ended_at=None):
        yield f"I6: run {run.pk} has no outcome"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            yield from (row[0] for row in cursor.fetchall() if row[0] != "ok")


def reasons() -> Iterator[str]:
    """Why runs did not end as "ok", the latest first."""
    found = SyncRun.objects.exclude(reason="").order_by("-pk")
    yield from found.values_list("reason", flat=True)


def read() -> Iterator[str]:
    """What a reader sees, as one line for each table; what contradicts itself as another."""
    rows, spans = tables()
    yield f"rows {sorted((row.key, row.date, row.status, row.read_at) for row in rows.values())}"
    yield f"spans {spans}"
    yield from (f"I1: rollup {one.key}" for one in rollups.differences())


def forget() -> Iterator[str]:
    """Take all coverage away, as an old backup does."""
    yield str(Span.objects.all().delete()[0])


JOBS: dict[str, Callable[[], Iterator[str]]] = {
    "judge": judge, "reasons": reasons, "read": read, "forget": forget,
}  # fmt: skip
