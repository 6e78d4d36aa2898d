"""Answers parsed and stored, with indexes and rollups, against Django's own way to upsert.

All parse the same bodies, derive the same columns and write to the same table, in turn. What could be
gained at most shows in a third way: ours without its rollups, which the yardstick does not keep.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from bench.provider import NOW
from bench.report import Row, timed
from messages_app.archive import rollups
from messages_app.archive.claims import claim
from messages_app.archive.keeping import COLUMNS, keep, row_of
from messages_app.archive.sync import BATCH_ROWS
from messages_app.archive.windows import Proven, Window
from messages_app.models import Message
from messages_app.provider import MessageRecord
from messages_app.provider.wire import parse_json
from sandbox import Sandbox
from sandbox.plan import DAYS_KEPT

BATCHES = 24
BEFORE = 12
"""Batches that are stored before any is measured."""

YARDSTICK = "parse + bulk_create(update_conflicts), no rollups"
REACH = {"sqlite": 3.0, "postgresql": 2.0}


@dataclass(frozen=True, slots=True)
class Batch:
    """A range of time and the bodies that hold all of its rows."""

    window: Window
    bodies: list[bytes]

    def records(self) -> tuple[MessageRecord, ...]:
        # Rows of one second may stand on two pages.
        read = (record for body in self.bodies for record in parse_json(body).records)
        return tuple({record.key: record for record in read}.values())


@dataclass(slots=True)
class Spent:
    """Seconds spent, and on how many rows."""

    seconds: float = 0.0
    rows: int = 0

    def on(self, batch: Batch, store: Callable[[Batch], int]) -> None:
        self.seconds += timed(lambda: self._add(store(batch)))

    def _add(self, rows: int) -> None:
        self.rows += rows

    @property
    def per_thousand(self) -> float:
        return self.seconds / self.rows * 1000


def rows(count: str) -> Iterator[Row]:
    """`count`: rows of the account in six months."""
    batches = list(_batches(int(count)))
    for batch in batches[:BEFORE]:
        _ours(batch)
    measured = batches[BEFORE:]
    reach = REACH[connection.vendor]
    ways = (_ours, _theirs, _without_rollups)
    for name in ("new", "known"):
        spent = {way: Spent() for way in ways}
        # Where rows are known each finds what it wrote itself.
        for at, batch in enumerate(measured):
            spent[ways[at % 3]].on(batch, ways[at % 3])
        ours, theirs, least = (spent[way].per_thousand for way in ways)
        yield Row(
            f"parse + upsert of 1,000 {name} rows, indexes and rollups on", YARDSTICK, ours, theirs,
            reach, "what both have to do, parsing and indexes, is most of it: see the next line",
            gain=True,
        )  # fmt: skip
        yield Row("the same without rollups", YARDSTICK, least, theirs, None, gain=True)


def _batches(count: int) -> Iterator[Batch]:
    box = Sandbox(rows=count, seed=1, clock=NOW)
    # Whole days, or even parts of one, as the sync claims and keeps them.
    days = BATCH_ROWS / count * DAYS_KEPT
    width = timedelta(days=round(days)) if days > 0.5 else timedelta(days=1) / round(1 / days)
    start = NOW.replace(hour=0, tzinfo=None) - timedelta(days=20) - width * (BATCHES + BEFORE)
    for _ in range(BATCHES + BEFORE):
        window = Window(start, start + width - timedelta(seconds=1))
        yield Batch(window, list(_bodies(box, window)))
        start += width


def _bodies(box: Sandbox, window: Window) -> Iterator[bytes]:
    asked = {"date_start": str(window.start), "date_end": str(window.end), "sort": "date"}
    start = 0
    while True:
        body = box.answer(asked | {"start": str(start), "length": "1000"}).body
        found = len(parse_json(body).records)
        if not found:
            return
        yield body
        start += found


def _ours(batch: Batch) -> int:
    records = batch.records()
    held = claim(batch.window, "bench")
    assert held
    proven = Proven(batch.window, records, datetime.now(UTC))
    return keep([proven], held, zone=_zone(), kept_from=datetime(2000, 1, 1)).rows


def _theirs(batch: Batch) -> int:
    read, zone = datetime.now(UTC), _zone()
    found = [
        Message(**dict(zip(COLUMNS, row_of(record, read, zone), strict=True)))
        for record in batch.records()
    ]
    with transaction.atomic():
        Message.objects.bulk_create(
            found, update_conflicts=True, unique_fields=["key"],
            update_fields=[name for name in COLUMNS if name != "key"],
        )  # fmt: skip
    return len(found)


def _without_rollups(batch: Batch) -> int:
    """Ours, but for what the yardstick has nothing of."""
    with patch.object(rollups, "rebuild"):
        return _ours(batch)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.SMSFACTOR_TIME_ZONE)
