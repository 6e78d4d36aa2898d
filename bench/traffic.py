"""The sandbox's traffic over the twelve months up to yesterday, as an archive of any size.

Written past the ingest, which another part measures, but with its own rows: what the ingest derives
is derived. The indexes stand aside meanwhile. Rollups are left to `rebuild_rollups`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from messages_app.archive import searching
from messages_app.archive.columns import wall_seconds
from messages_app.archive.keeping import COLUMNS, row_of
from messages_app.archive.windows import Window
from messages_app.models import Message, Span
from messages_app.provider import MessageRecord
from messages_app.provider.rows import record_of
from sandbox.clock import DAY, instant_of
from sandbox.plan import DAYS_KEPT, Planner
from sandbox.traffic import write_day

DAYS = 365
SEED = 1
INDEXED_AT_ONCE = 50_000

_TABLE = Message._meta.db_table
_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master"
    f" WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '{_TABLE}'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes"
    f" WHERE tablename = '{_TABLE}' AND indexname NOT IN"
    " (SELECT conname FROM pg_constraint WHERE contype = 'p')",
}


def whole(today: datetime) -> Window:
    """The twelve months before `today` (naive)."""
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(midnight - timedelta(days=DAYS), midnight - timedelta(seconds=1))


def planner(rows: int) -> Planner:
    """Of an account that sends `rows` messages in twelve months."""
    return Planner(rows * DAYS_KEPT // DAYS, SEED)


def write(rows: int, now: datetime) -> Window:
    """Write about `rows` messages as read at `now` (aware), covered and settled; return their range.

    A week before `now` nothing of the sandbox changes any more, and little does after.
    """
    window, plans = whole(now.replace(tzinfo=None)), planner(rows)
    first = wall_seconds(window.start) // DAY
    with _indexes_aside():
        for day in range(first, first + DAYS):
            with transaction.atomic():
                _insert(_rows(plans, day, now))
    Span.objects.create(start=window.start, end=window.end, fetched_at=now, settled=True)
    while searching.index_new(INDEXED_AT_ONCE):
        pass
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {_TABLE}")
    return window


def _rows(plans: Planner, day: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    instant, zone = instant_of(now), ZoneInfo(settings.SMSFACTOR_TIME_ZONE)
    read = now.astimezone(UTC)
    for message in write_day(plans.plan(day), plans.seed):
        if message.shows(instant):
            record = record_of(0, message.row(instant))
            assert isinstance(record, MessageRecord)
            yield row_of(record, read, zone)


def _insert(rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_TABLE} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO {_TABLE} ({names}) VALUES ({marks})", list(rows))


@contextmanager
def _indexes_aside() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES[connection.vendor])
        found = cursor.fetchall()
        for name, _sql in found:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _name, sql in found:
            cursor.execute(sql)
