"""One answer for each question, from the source that `analysis.choice` names, under its mask.

    question ─▶ what the archive holds ─▶ archive
                       │
                       └─▶ provider ─▶ live, or else whatever the archive has, and why

Views ask here and nowhere else, so that lists, figures and charts of a page agree on their source.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from messages_app import clock
from messages_app.analysis.archived import (
    COUNTED,
    Cursor,
    count_archived,
    is_archived,
    is_inside,
    key_slices,
    list_archived,
)
from messages_app.analysis.breakdowns import Analysis, analyse
from messages_app.analysis.choice import Holding, holding, look_at, nothing_of
from messages_app.analysis.disregarded import Disregarded, disregarded
from messages_app.analysis.facets import COUNTRY, FACETS, REASON, Facet, Parts, parts_of
from messages_app.analysis.listing import Listing, list_messages, sorted_records
from messages_app.analysis.live import LiveRows
from messages_app.analysis.metrics import Key, Tally, cells, tally, together
from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import (
    break_down_archived,
    figures_archived,
    parts_archived,
    series_archived,
)
from messages_app.analysis.series import Bucket, bucket_for, series
from messages_app.analysis.statuses import NONE
from messages_app.archive.bounds import SECOND
from messages_app.archive.forgotten import forgetting
from messages_app.archive.keys import key_of
from messages_app.archive.observed import Look, looks_of
from messages_app.archive.plan import forgotten_before
from messages_app.archive.rows import read_rows
from messages_app.archive.starting import is_ours
from messages_app.archive.windows import TooMuch, Window
from messages_app.privacy import Mask, covered, words
from messages_app.provider import MessageRecord, ProviderError
from messages_app.sms.terms import MO, MT
from messages_app.sources import fingerprint, live_source

T = TypeVar("T")
V = TypeVar("V")

LIVE, ARCHIVE = "live", "archive"


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """A value, and where and when it comes from.

    `query` is the question as it was answered. `unproven` says why rows may be missing; `failure`
    why the provider could not be asked, where the archive stood in.
    """

    value: T
    query: MessageQuery
    as_of: datetime
    source: str
    held: Holding
    unproven: tuple[str, ...] = ()
    failure: ProviderError | TooMuch | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every row of the question is in it."""
        return not (self.unproven or self.gaps)

    @property
    def gaps(self) -> tuple[Window, ...]:
        """Ranges of the question whose rows are not here, in order."""
        missing = self.held.missing if self.source == ARCHIVE else ()
        return tuple(sorted((*self.lost, *missing)))

    @property
    def lost(self) -> tuple[Window, ...]:
        """Ranges whose rows nobody has any more: live, what the provider has surely forgotten."""
        if self.source == ARCHIVE:
            return self.held.lost
        start, end = self.query.span
        edge = forgotten_before(self.query.now)
        return (Window(start, min(end, edge - SECOND)),) if start < edge else ()

    def with_value(self, value: V) -> "Answered[V]":
        """Something else from the same source, as of the same time."""
        return Answered(
            value, self.query, self.as_of, self.source, self.held, self.unproven, self.failure
        )

    @property
    def is_nothing_yet(self) -> bool:
        """Whether not a second of the range is there: no figure can be told, not even none."""
        return self.source == ARCHIVE and self.held.as_of is None


def listed(query: MessageQuery, cursor: Cursor | None = None) -> Answered[Listing]:
    """One page of rows. Raises ProviderError, and TooMuch, where neither source can answer."""

    def archived(held: Holding) -> Answered[Listing]:
        found = list_archived(query, cursor=cursor, as_of=held.as_of)
        return Answered(found, query, found.as_of, ARCHIVE, held)

    def live(held: Holding) -> Answered[Listing]:
        found = list_messages(query, live_source())
        return Answered(found, query, found.as_of, LIVE, held, found.unproven)

    answer = _answered(query, lambda held: held.answers_list(query), archived, live)
    rows = tuple(covered(row, query.mask) for row in answer.value.rows)
    return answer.with_value(replace(answer.value, rows=rows))


@dataclass(frozen=True, slots=True)
class Gathered:
    """Every row of a question in its order: how many, and slices of them, read as they are asked for."""

    total: int
    slices: Callable[[], Iterator[list[MessageRecord]]]


SLICE = 2000
"""Rows that are read at once where all are asked for."""


def gathered(query: MessageQuery, *, is_patient: bool = False) -> Answered[Gathered]:
    """All rows, not a page of them; where the archive lacks some, all that it has. Raises as `listed`.

    `is_patient`: nobody waits for the present, so what is whole in the archive need not be fresh.
    """

    def archived(held: Holding) -> Answered[Gathered]:
        def slices() -> Iterator[list[MessageRecord]]:
            for keys in key_slices(query, SLICE):
                yield [covered(row, query.mask) for row in read_rows(keys)]

        found = Gathered(count_archived(query), slices)
        return Answered(found, query, held.as_of or query.now, ARCHIVE, held)

    def live(held: Holding) -> Answered[Gathered]:
        rows = live_source().rows(query)
        records = [covered(row, query.mask) for row in sorted_records(rows.records, rows.query)]
        found = Gathered(len(records), lambda: _sliced(records))
        return Answered(found, rows.query, rows.as_of, LIVE, held, rows.unproven)

    def is_archived(held: Holding) -> bool:
        return bool(held.is_whole and held.as_of and (held.is_fresh or is_patient))

    return _answered(query, is_archived, archived, live)


def _sliced(records: list[MessageRecord]) -> Iterator[list[MessageRecord]]:
    for start in range(0, len(records), SLICE):
        yield records[start : start + SLICE]


def over_spans(
    query: MessageQuery, spans: Sequence[Span], *, timed: bool = False
) -> Answered[tuple[Tally, ...]]:
    """The figures of parts of the question's range; with all times to delivery where they are `timed`.

    Raises as `listed`.
    """

    def from_archive(asked: MessageQuery) -> tuple[Tally, ...]:
        return tuple(figures_archived(asked.within(*span), timed=timed) for span in spans)

    def from_rows(rows: LiveRows) -> tuple[Tally, ...]:
        parts = ([r for r in rows.records if start <= r.date <= end] for start, end in spans)
        return tuple(_tally(part, rows.query) for part in parts)

    return _figured(query, from_archive, from_rows)


def analysed(query: MessageQuery, bucket: str = "") -> Answered[Analysis]:
    """Everything of a question at once; `bucket` names a size of bars. Raises as `listed`."""

    def from_archive(asked: MessageQuery) -> Analysis:
        by = {name: parts_archived(asked, facet) for name, facet in FACETS.items()}
        return Analysis(break_down_archived(asked, bucket_for(asked, bucket)), by)

    def from_rows(rows: LiveRows) -> Analysis:
        return analyse(rows.records, rows.query, bucket_for(rows.query, bucket))

    return _figured(query, from_archive, from_rows)


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a question by reason ("" for none) and by country ("" unknown)."""

    by_reason: Counter[str]
    by_country: Counter[str]


def counted(query: MessageQuery) -> Answered[Counted]:
    """Rows by reason and by country. Raises as `listed`."""

    def from_archive(asked: MessageQuery) -> Counted:
        reasons = Counter[str]()
        for (_status, reason), found in parts_archived(asked, REASON, timed=False).items():
            reasons[reason] += found.rows
        countries = parts_archived(asked, COUNTRY, timed=False)
        return Counted(reasons, Counter({code: found.rows for code, found in countries.items()}))

    def from_rows(rows: LiveRows) -> Counted:
        return Counted(
            Counter(words(r.status_details, query.mask) or NONE for r in rows.records),
            Counter(record.country or NONE for record in rows.records),
        )

    return _figured(query, from_archive, from_rows)


def tallied(query: MessageQuery) -> Answered[Tally]:
    """The totals alone. Raises as `listed`."""
    return _figured(query, figures_archived, lambda rows: _tally(rows.records, rows.query))


def parted(query: MessageQuery, facet: Facet[Key], *, timed: bool = True) -> Answered[Parts[Key]]:
    """The figures by a facet, and the totals; not all times to delivery where they are not `timed`.

    Raises as `listed`.
    """

    def from_archive(asked: MessageQuery) -> Parts[Key]:
        by = parts_archived(asked, facet, timed=timed)
        whole = facet.is_whole
        totals = together(by.values()) if whole else figures_archived(asked, timed=timed)
        return Parts(asked, totals, by)

    def from_rows(rows: LiveRows) -> Parts[Key]:
        return Parts(
            rows.query, _tally(rows.records, rows.query), parts_of(rows.records, rows.query, facet)
        )

    return _figured(query, from_archive, from_rows)


def over_time(
    query: MessageQuery, bucket: str = "", *, timed: bool = True
) -> Answered[tuple[Bucket, ...]]:
    """The figures by bucket of time; `bucket` names its size. Otherwise as `parted`."""
    size = bucket_for(query, bucket)

    def from_rows(rows: LiveRows) -> tuple[Bucket, ...]:
        asked = rows.query
        found = list(cells(rows.records, asked.now, asked.prices, mask=asked.mask))
        latest = max((cell.at for cell in found), default=None)
        return series(found, latest, asked, size)

    return _figured(query, lambda asked: series_archived(asked, size, timed=timed), from_rows)


def disregarding(query: MessageQuery, most: int) -> Answered[Disregarded] | None:
    """What was sent after an opt-out, the latest `most` of it; None while the archive holds nothing of
    the range: who has ever opted out the provider cannot be asked."""
    now = clock.real_now()
    held = held_of(query, now)
    if query.fence is None:
        look_at(query, now)
    if held.as_of is None:
        return None
    found = disregarded(query, most)
    latest = [replace(one, record=covered(one.record, query.mask)) for one in found.latest]
    return Answered(replace(found, latest=latest), query, held.as_of, ARCHIVE, held)


def _tally(records: Iterable[MessageRecord], query: MessageQuery) -> Tally:
    return tally(records, query.now, query.prices, query.mask)


def found(key: str, at: datetime | None, query: MessageQuery) -> MessageRecord | None:
    """The row with a key ("type:id"), from the archive while that is fresh, else from the provider.

    `at` is its second, without which the provider cannot be asked; of the question its mask counts
    alone. Raises ProviderError where neither has it.
    """
    row = _row(key, at, query)
    if row is None:
        return None
    (row,) = forgetting(query.now.replace(tzinfo=None)).kept([row])
    return covered(row, query.mask)


def _row(key: str, at: datetime | None, query: MessageQuery) -> MessageRecord | None:
    kind, _colon, number = key.partition(":")
    if query.fence is not None and not is_inside(key_of(kind, int(number)), query.fence):
        return None
    row = next(iter(read_rows([key_of(kind, int(number))])), None)
    kept = row if row is not None and row.type == kind and is_ours(fingerprint()) else None
    if query.fence is not None:
        return kept
    moment = kept.date if kept else at
    if moment is None:
        return None
    held = held_of(query.within(moment, moment), clock.real_now())
    if kept and held.is_whole and held.is_fresh:
        return kept
    try:
        return live_source().find(key, moment) or kept
    except ProviderError:
        if kept is None:
            raise
        return kept


def with_id(message_id: int) -> list[MessageRecord]:
    """The archive's messages with this number, at most one of each direction.

    The provider cannot be asked for a number alone.
    """
    if not is_ours(fingerprint()):
        return []
    return list(read_rows(key_of(kind, message_id) for kind in (MT, MO)))


def at_hand(keys: Sequence[int], mask: Mask) -> dict[str, MessageRecord]:
    """The rows with these keys (`keys.key_of`) that the archive has, each by its own ("type:id")."""
    if not keys or not is_ours(fingerprint()):
        return {}
    return {row.key: covered(row, mask) for row in read_rows(dict.fromkeys(keys))}


def is_known(query: MessageQuery) -> bool:
    """Whether the archive has a row that the question's filters hold for, of whatever time."""
    return is_ours(fingerprint()) and is_archived(query)


def count_at_hand(query: MessageQuery) -> tuple[int, bool] | None:
    """How many rows a question has, and whether that is all of them; None where the archive does not
    hold its range, so that counting would take calls."""
    held = held_of(query, clock.real_now())
    if not held.is_whole or held.as_of is None:
        return None
    total = count_archived(query, COUNTED + 1)
    return min(total, COUNTED), total <= COUNTED


def looks(key: str, mask: Mask) -> list[Look]:
    """How the readings of the archive saw a row ("type:id"), in order; nothing where it has none."""
    kind, _colon, number = key.partition(":")
    found = key_of(kind, int(number))
    row = next(iter(read_rows([found])), None)
    if row is None or row.type != kind or not is_ours(fingerprint()):
        return []
    return [
        replace(look, status=words(look.status, mask), details=words(look.details, mask))
        for look in looks_of(found, row)
    ]


def is_all_held(held: Holding) -> bool:
    """Whether the archive has every row that there ever was."""
    return held.is_whole and not held.lost and held.as_of is not None


def is_held(query: MessageQuery) -> bool:
    """Whether every row of the figures is at hand, without anybody having to fetch one."""
    held = held_of(query, clock.real_now())
    return (held.answers_figures and is_all_held(held)) or live_source().has(query)


def is_at_hand(query: MessageQuery) -> bool:
    """Whether figures come at once, without reading all rows from the provider first."""
    return (
        query.fence is not None
        or held_of(query, clock.real_now()).answers_figures
        or live_source().has(query)
    )


def _figured(
    query: MessageQuery,
    from_archive: Callable[[MessageQuery], T],
    from_rows: Callable[[LiveRows], T],
) -> Answered[T]:
    def archived(held: Holding) -> Answered[T]:
        return Answered(from_archive(query), query, held.as_of or query.now, ARCHIVE, held)

    def live(held: Holding) -> Answered[T]:
        rows = live_source().rows(query)
        return Answered(from_rows(rows), rows.query, rows.as_of, LIVE, held, rows.unproven)

    return _answered(query, lambda held: held.answers_figures, archived, live)


def held_of(query: MessageQuery, now: datetime) -> Holding:
    """What the archive holds of a question; of another account's it is not asked."""
    return holding(query, now) if is_ours(fingerprint()) else nothing_of(query)


def _answered(
    query: MessageQuery,
    is_archived: Callable[[Holding], bool],
    archived: Callable[[Holding], Answered[T]],
    live: Callable[[Holding], Answered[T]],
) -> Answered[T]:
    now = clock.real_now()
    held = held_of(query, now)
    if query.fence is not None:
        # A visitor hears what the archive has: no call, no look that workers would follow.
        return archived(held)
    # Also where nothing is missing: workers keep fresh only what somebody looks at.
    look_at(query, now)
    if is_archived(held):
        return archived(held)
    try:
        return live(held)
    except (ProviderError, TooMuch) as failure:
        if held.as_of is None:
            raise
        answer = archived(held)
        return Answered(answer.value, query, answer.as_of, ARCHIVE, held, answer.unproven, failure)
