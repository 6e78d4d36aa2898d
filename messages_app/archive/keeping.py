"""Swaps proven windows into the archive: rows, life lines, rollups and coverage in one transaction.

    proven windows ─▶ staged rows ─▶ old states to Observation ─▶ upsert ─▶ missed rows flagged
                                                    └─▶ rollups of the touched hours ─▶ spans

A crash leaves the old state or the new. Every step is fenced by the time of its reading, so that
windows may be kept late, twice, or in any order.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db import connection, transaction

from messages_app.archive import points, rollups
from messages_app.archive.bounds import SECOND
from messages_app.archive.claims import Held, confirm
from messages_app.archive.columns import micros, stored_credits, wall_seconds
from messages_app.archive.coverage import Fetched, compact, overlap, overlay, without
from messages_app.archive.deriving import is_name
from messages_app.archive.forgotten import Forgetting, forgetting, without_digits
from messages_app.archive.keys import key_of
from messages_app.archive.plan import judged
from messages_app.archive.windows import Proven, Unproven, Window
from messages_app.models import Message, Span
from messages_app.provider import MessageRecord
from messages_app.sms.delays import bin_of, delay_between
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import DELIVERED, MO, PENDING, UNSETTLED, WITHDRAWN, is_opt_out

SETTLING = timedelta(hours=72)
SETTLED_FOR_SURE = timedelta(days=7)

COLUMNS = tuple(str(field.column) for field in Message._meta.concrete_fields)
_LIST = ", ".join(COLUMNS)
_TABLE = Message._meta.db_table
_PENDING = ", ".join(f"'{name}'" for name in PENDING)


_WRITING = 1_838_258
"""Under which PostgreSQL's advisory locks know who writes rows."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one transaction did: rows staged, and rows newly missed."""

    rows: int
    missed: int


def row_of(record: MessageRecord, read_at: datetime, zone: tzinfo) -> tuple[Any, ...]:
    """A record as stored values, in the order of COLUMNS."""
    parts = parts_of(record.message)
    read = micros(read_at)
    delay = None
    if record.status_name == DELIVERED:
        delay = delay_between(record.date, record.dlr_date, zone)
    return (
        key_of(record.type, record.message_id),
        record.message_id,
        record.type,
        wall_seconds(record.date),
        record.status,
        record.status_details,
        record.destination,
        record.sender,
        record.message,
        record.message_length,
        None if record.cost is None else stored_credits(record.cost),
        record.country,
        record.campaign_id,
        record.client_id,
        record.client_message_id,
        record.contact_list_id,
        None if record.dlr_date is None else wall_seconds(record.dlr_date),
        json.dumps(dict(record.extra), ensure_ascii=False) if record.extra else "",
        record.status_name,
        parts.number,
        parts.encoding == "Unicode",
        is_name(record.sender),
        record.type == MO and is_opt_out(record.message),
        None if delay is None else bin_of(delay),
        record.message.casefold(),
        read,
        read,
        None,
    )


_EMPTIED = tuple(
    COLUMNS.index(name)
    for name in ("message", "folded", "client_message_id", "contact_list_id", "extra")
)
_TYPE, _DETAILS = COLUMNS.index("type"), COLUMNS.index("status_details")
_SENDER, _DESTINATION = COLUMNS.index("sender"), COLUMNS.index("destination")


def without_person(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Stored values without number, text and references; all that figures rest on stays."""
    values = list(row)
    for place in (_SENDER if row[_TYPE] == MO else _DESTINATION, *_EMPTIED):
        values[place] = ""
    values[_DETAILS] = without_digits(row[_DETAILS])
    return tuple(values)


def kept_row(
    record: MessageRecord, read_at: datetime, zone: tzinfo, forgets: Forgetting
) -> tuple[Any, ...]:
    """A record as it is stored: as `row_of`, of whom is to be forgotten without the person."""
    row = row_of(record, read_at, zone)
    return without_person(row) if forgets.covers(record) else row


def keep(
    windows: Sequence[Proven | Unproven], held: Held, *, zone: tzinfo, kept_from: datetime
) -> Kept:
    """Swap the windows, all within the claimed days, into the archive.

    Of an unproven one the rows are stored; it covers nothing, and no row is missed by it.

    `kept_from` is the wall time before which the provider forgets: rows older than it are never
    missed, and such a part of a window is not covered anew. Raises LostClaim; then nothing is changed.
    """
    with transaction.atomic():
        confirm(held)
        points.reached("claimed")
        take_turns()
        staged = _stage(windows, zone)
        points.reached("staged")
        _find_again()
        left = _left_days()
        _observe()
        points.reached("observed")
        _upsert()
        points.reached("upserted")
        proven = [one for one in windows if isinstance(one, Proven)]
        _cover(proven, zone, kept_from)
        missed = sum(_miss(span, kept_from) for span in _spans_over(windows))
        points.reached("covered")
        first = min(one.window.start for one in windows)
        last = max(one.window.end for one in windows)
        with connection.cursor() as cursor:
            rollups.rebuild(cursor, wall_seconds(first), wall_seconds(last), left)
        points.reached("rolled up")
    points.reached("kept")
    return Kept(staged, missed)


def take_turns() -> None:
    """Let one transaction at a time compare and write: a row that moves, and a span, may be of days
    that two writers hold. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITING])


def _stage(windows: Sequence[Proven | Unproven], zone: tzinfo) -> int:
    """Put the rows into a table of this connection alone, in the order of their keys.

    Whom to forget is asked for here, where no erasure goes on beside: none is missed.
    """
    latest_reading = max(one.read_at for one in windows)
    forgets = forgetting(latest_reading.astimezone(zone).replace(tzinfo=None))
    latest: dict[int, tuple[Any, ...]] = {}
    # A row that moved between two readings stands in both: the later one is right.
    for window in sorted(windows, key=lambda one: one.read_at):
        for record in window.records:
            row = kept_row(record, window.read_at, zone, forgets)
            latest[row[0]] = row
    rows = [latest[key] for key in sorted(latest)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE {_TABLE})")
            cursor.execute("TRUNCATE incoming")
            # Django leaves what goes wrong in a COPY as the driver's own error.
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY incoming ({_LIST}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            cursor.execute("ANALYZE incoming")
        else:
            cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS incoming AS SELECT * FROM {_TABLE} LIMIT 0"
            )
            cursor.execute("DELETE FROM incoming")
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO incoming ({_LIST}) VALUES ({marks})", rows)
    return len(rows)


def _find_again() -> None:
    """Take back what was missed in one place, where an earlier reading saw the row in another.

    A row moves; where it was is read later than where it came to, but kept first, and lacks it. That
    says nothing about the other place: the last reading that saw it counts. Should a later one of that
    place lack it too, it is missed there as ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT seen.id, old.key, seen.since, seen.until
            FROM incoming JOIN {_TABLE} old ON old.key = incoming.key
            JOIN messages_app_observation seen ON seen.key = old.key
            WHERE old.gone_at IS NOT NULL AND incoming.date <> old.date
            AND incoming.read_at < old.read_at AND incoming.read_at >= seen.until
            AND seen.gone_at IS NULL AND seen.date = old.date
            AND seen.id = (SELECT MAX(id) FROM messages_app_observation WHERE key = old.key)
        """)
        for seen, key, since, until in cursor.fetchall():
            cursor.execute(
                f"UPDATE {_TABLE} SET gone_at = NULL, since = %s, read_at = %s WHERE key = %s",
                [since, until, key],
            )
            cursor.execute("DELETE FROM messages_app_observation WHERE id = %s", [seen])


_IS_NEWER = "incoming.read_at >= old.read_at"
_HAS_CHANGED = """(
    incoming.status <> old.status OR incoming.status_details <> old.status_details
    OR incoming.date <> old.date OR COALESCE(incoming.dlr_date, -1) <> COALESCE(old.dlr_date, -1)
    OR old.gone_at IS NOT NULL
)"""


def _left_days() -> list[int]:
    """Days that lose a row because it bears another date by now, each as its first second."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT DISTINCT old.date FROM incoming JOIN {_TABLE} old ON old.key = incoming.key
            WHERE incoming.date <> old.date AND {_IS_NEWER}
        """)
        return sorted({rollups.DAYS.floor(date) for (date,) in cursor.fetchall()})


_OBSERVED = "key, date, status, status_details, dlr_date, since, until, gone_at"
_OLD = """
    old.key, old.date, old.status, old.status_details, old.dlr_date, old.since, old.read_at,
    old.gone_at
"""


def _observe() -> None:
    """Keep how changed rows looked before."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            INSERT INTO messages_app_observation ({_OBSERVED})
            SELECT {_OLD} FROM incoming JOIN {_TABLE} old ON old.key = incoming.key
            WHERE {_IS_NEWER} AND {_HAS_CHANGED}
        """)


def _upsert() -> None:
    """Rows as read; what is there and newer stays. `since` moves only where the state changed."""
    changes = ", ".join(
        f"{name} = excluded.{name}" for name in COLUMNS if name not in ("key", "since")
    )
    changed = _HAS_CHANGED.replace("incoming.", "excluded.")
    with connection.cursor() as cursor:
        # `WHERE true` tells SQLite's parser that ON CONFLICT belongs to the INSERT.
        cursor.execute(f"""
            INSERT INTO {_TABLE} AS old ({_LIST}) SELECT {_LIST} FROM incoming WHERE true
            ON CONFLICT (key) DO UPDATE SET {changes},
                since = CASE WHEN {changed} THEN excluded.since ELSE old.since END
            WHERE excluded.read_at >= old.read_at
        """)


def _cover(windows: Sequence[Proven], zone: tzinfo, kept_from: datetime) -> None:
    """Write the spans of the windows."""
    parts = [part for proven in windows for part in _covered_parts(proven, zone, kept_from)]
    if not parts:
        return
    first = min(part.window.start for part in parts) - SECOND
    last = max(part.window.end for part in parts) + SECOND
    before = _spans(first, last)
    after = before
    for part in parts:
        after = overlay(after, part)
    after = [piece for span in after for piece in _without_young(span, windows, zone)]
    written = compact(after)
    gone = {span.window.start for span in before if span not in written}
    Span.objects.filter(start__in=gone).delete()
    points.reached("spans deleted")
    Span.objects.bulk_create(
        Span(
            start=span.window.start,
            end=span.window.end,
            fetched_at=span.fetched_at,
            settled=span.settled,
        )
        for span in written
        if span not in before
    )
    points.reached("spans written")


def _spans(first: datetime, last: datetime) -> list[Fetched]:
    """What is covered around a range."""
    stored = Span.objects.filter(start__lte=last, end__gte=first)
    return [Fetched(Window(s.start, s.end), s.fetched_at, s.settled) for s in stored]


def _spans_over(windows: Sequence[Proven | Unproven]) -> list[Fetched]:
    """What now says what is in the windows, old or new: rows that an unproven one brings late may be
    gone since."""
    asked = [one.window for one in windows]
    spans = _spans(min(one.start for one in asked), max(one.end for one in asked))
    return [span for span in spans if any(overlap(span.window, window) for window in asked)]


def _covered_parts(proven: Proven, zone: tzinfo, kept_from: datetime) -> list[Fetched]:
    """What a reading proves: its past but the youngest minutes, and what was planned ahead."""
    read = proven.read_at.astimezone(zone)
    window = Window(max(proven.window.start, kept_from), proven.window.end)
    return [
        Fetched(part, proven.read_at, _is_settled(part, read.replace(tzinfo=None)))
        for part in judged(window, read)
    ]


def _without_young(span: Fetched, windows: Iterable[Proven], zone: tzinfo) -> list[Fetched]:
    """What of a span does not lie in the youngest seconds of a reading: what was foreseen for them
    is no longer ahead, and not yet sure."""
    young = [
        piece
        for proven in windows
        if proven.read_at >= span.fetched_at
        for piece in without(proven.window, judged(proven.window, proven.read_at.astimezone(zone)))
    ]
    return [replace(span, window=window) for window in without(span.window, young)]


def _is_settled(window: Window, read: datetime) -> bool:
    """Say whether nothing in the window is expected to change any more."""
    if window.end < read - SETTLED_FOR_SURE:
        return True
    if window.end >= read - SETTLING:
        return False
    pending = Message.objects.filter(
        date__range=(window.start, window.end), state__in=UNSETTLED, gone_at=None
    )
    return not pending.exists()


def _miss(span: Fetched, kept_from: datetime) -> int:
    """Flag the rows of a span that its reading should have shown and did not."""
    where = "date BETWEEN %s AND %s AND read_at < %s AND gone_at IS NULL"
    read = micros(span.fetched_at)
    first = max(span.window.start, kept_from)
    params = [wall_seconds(first), wall_seconds(span.window.end), read]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messages_app_observation ({_OBSERVED})"
            f" SELECT {_OLD} FROM {_TABLE} old WHERE {where}",
            params,
        )
        if not cursor.rowcount:
            return 0
        cursor.execute(
            f"UPDATE {_TABLE} SET gone_at = %s, read_at = %s, since = %s, state = CASE"
            f" WHEN state IN ({_PENDING}) THEN '{WITHDRAWN}' ELSE state END WHERE {where}",
            [read, read, read, *params],
        )
        missed: int = cursor.rowcount
    points.reached("missing flagged")
    return missed
