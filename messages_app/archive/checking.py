"""Compares the archive with the provider, row by row and field by field, and changes nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from messages_app.archive.bounds import WIDE, WITNESSES, Bounds, Reader, confirmed
from messages_app.archive.columns import wall_seconds, wall_time
from messages_app.archive.forgotten import Forgetting, forgetting
from messages_app.archive.keeping import COLUMNS, kept_row, without_person
from messages_app.archive.keys import key_of
from messages_app.archive.plan import judged
from messages_app.archive.traits import memory, memory_start, probe_bounds
from messages_app.archive.windows import BOUNDS_CHANGED, Proven, Unproven, Window, fetch_windows
from messages_app.models import Message
from messages_app.provider import MessageRecord, PageRequest

AT_ONCE = 4
AT_A_TIME = 1000

_Row = tuple[Any, ...]
_Pair = tuple[_Row | None, _Row | None]

OURS = {"since", "read_at", "gone_at"}
"""Columns about our readings, which the provider knows nothing of."""

_COMPARED = tuple(index for index, name in enumerate(COLUMNS) if name not in OURS)
_GONE, _DATE = COLUMNS.index("gone_at"), COLUMNS.index("date")


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same here and there. `kind` is "missing" (not in the archive),
    "extra" (the provider does not show it, and the archive has it as present), "differs" (`fields`
    says in what), or "unproven" (the provider could not be read for certain).
    """

    kind: str
    window: Window
    key: str = ""
    fields: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True)
class Compared:
    """Counts of a comparison. `gone` rows are no difference: the provider shows them no more; nor are
    `forgotten` ones, whose number and text the archive is not to have.
    """

    rows: int = 0
    windows: int = 0
    differences: int = 0
    gone: int = 0
    forgotten: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def counted(self, found: Difference) -> Difference:
        self.differences += 1
        self.kinds[found.kind] = self.kinds.get(found.kind, 0) + 1
        return found


def compare(
    reader: Reader, api_url: str, window: Window, now: datetime, counts: Compared
) -> Iterator[Difference]:
    """Every difference within a window, but for its youngest seconds. Raises ProviderError.

    What lies before the provider's memory it has forgotten: rows of that time are no difference.
    """
    zone = now.tzinfo
    assert zone is not None
    # Found out anew: what the archive was filled by may be what is wrong with it.
    bounds = probe_bounds(reader, api_url, window.start, window.end) or WIDE
    narrow = PageRequest(date_start=window.start, date_end=window.end)
    outcomes = fetch_windows(
        reader, judged(window, now), narrow, bounds=bounds, at_once=AT_ONCE, spread=1
    )
    edge = memory_start(memory(reader, now.replace(tzinfo=None, microsecond=0)), now)
    forgets = forgetting(now.replace(tzinfo=None))
    shown: list[MessageRecord] = []
    asked_by: set[Bounds] = set()
    with closing(outcomes):
        for outcome in outcomes:
            counts.windows += 1
            shown = list(outcome.records[-WITNESSES:]) or shown
            if isinstance(outcome, Proven):
                asked_by.add(outcome.by)
            for found in _compared(outcome, zone, counts, edge, forgets):
                yield counts.counted(found)
    if not all(confirmed(reader, by, shown) for by in asked_by - {WIDE}):
        yield counts.counted(Difference("unproven", window, reason=BOUNDS_CHANGED))


def _compared(
    outcome: Proven | Unproven, zone: Any, counts: Compared, edge: datetime, forgets: Forgetting
) -> Iterator[Difference]:
    window = outcome.window
    if isinstance(outcome, Unproven):
        yield Difference("unproven", window, reason=outcome.reason)
        return
    counts.rows += len(outcome.records)
    counts.forgotten += sum(forgets.covers(record) for record in outcome.records)
    for ours, theirs in _side_by_side(_stored(window, forgets), _shown(outcome, zone, forgets)):
        if theirs is None:
            assert ours is not None
            if ours[_GONE] is None and wall_time(ours[_DATE]) >= edge:
                yield Difference("extra", window, _name(ours))
            else:
                counts.gone += 1
        elif ours is None:
            yield Difference("missing", window, _name(theirs))
        else:
            fields = [COLUMNS[i] for i in _COMPARED if ours[i] != theirs[i]]
            if ours[_GONE] is not None:
                fields.append("gone_at")
            if fields:
                yield Difference("differs", window, _name(theirs), tuple(fields))


def _side_by_side(ours: Iterator[_Row], theirs: Iterator[_Row]) -> Iterator[_Pair]:
    """Rows of both, each in the order of keys, in pairs: a campaign's second has too many to hold twice."""
    mine, other = next(ours, None), next(theirs, None)
    while mine or other:
        has_mine = mine is not None and (other is None or mine[0] <= other[0])
        has_other = other is not None and (mine is None or other[0] <= mine[0])
        yield mine if has_mine else None, other if has_other else None
        mine = next(ours, None) if has_mine else mine
        other = next(theirs, None) if has_other else other


def _shown(outcome: Proven, zone: Any, forgets: Forgetting) -> Iterator[_Row]:
    """The rows that the provider shows, as they are to be stored, in the order of their keys."""
    for record in sorted(outcome.records, key=lambda one: key_of(one.type, one.message_id)):
        yield kept_row(record, outcome.read_at, zone, forgets)


def _stored(window: Window, forgets: Forgetting) -> Iterator[_Row]:
    """The rows of a window as stored values, without Django's conversions, in the order of their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM {Message._meta.db_table}"
            " WHERE date BETWEEN %s AND %s ORDER BY key",
            [wall_seconds(window.start), wall_seconds(window.end)],
        )
        while rows := cursor.fetchmany(AT_A_TIME):
            for row in rows:
                # What is too old since today may wait for the worker's turn.
                yield without_person(row) if forgets.is_old(wall_time(row[_DATE])) else row


def _name(row: _Row) -> str:
    return f"{row[COLUMNS.index('type')]}:{row[COLUMNS.index('message_id')]}"
