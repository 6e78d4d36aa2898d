"""A page of rows for a question, whichever way it can be had.

The provider answers what it can filter and sort itself, one of its pages for one of ours. Other
orders and filters are answered from all rows of the range, where these are few enough.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext_noop

from messages_app.analysis.conditions import is_wholly_pushed, provider_request
from messages_app.analysis.live import LiveSource, remembered
from messages_app.analysis.query import MessageQuery
from messages_app.archive.forgotten import forgetting
from messages_app.archive.keys import key_of
from messages_app.archive.rows import ArchivedRecord
from messages_app.models import SORTED_LETTERS
from messages_app.provider import MessageRecord, Page, PageRequest
from messages_app.sms.parts import parts_of

REORDERED = gettext_noop("The order changed between two answers of the provider.")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the answer. `total` counts the whole question; where `is_total_known` is False
    there are more than that. `unreadable` rows of the page could not be understood.
    """

    rows: tuple[MessageRecord, ...]
    total: int
    is_total_known: bool
    has_next: bool
    as_of: datetime
    source: str = "live"
    unreadable: int = 0
    unproven: tuple[str, ...] = ()


def list_messages(query: MessageQuery, source: LiveSource) -> Listing:
    """Answer one page. Raises ProviderError, and TooMuch where all rows are needed and are too many."""
    if is_wholly_pushed(query):
        return _from_provider(query, source)
    return _from_rows(query, source)


def _from_provider(query: MessageQuery, source: LiveSource) -> Listing:
    if query.destination and forgetting(query.now.replace(tzinfo=None)).holds(query.destination):
        # Its rows would come without their number, and tell by coming that there are some.
        return Listing(rows=(), total=0, is_total_known=True, has_next=False, as_of=query.now)
    # One row more than shown proves that a next page exists, whatever the totals say.
    wanted = query.per_page + 1
    request = replace(provider_request(query), start=query.offset, length=wanted, sort=query.sort)
    first: Page | None = None
    found: list[MessageRecord | None] = []
    ended = False
    reasons: set[str] = set()
    while len(found) < wanted and not ended:
        asked = _next(request, len(found))
        page = source.page(asked)
        reasons.update(source.breaches(page, asked))
        first = first or page
        found.extend(_in_place(page))
        ended = page.is_empty
    assert first is not None
    shown = found[: query.per_page]
    rows = {record.key: record for record in shown if record is not None}
    if not shown and query.page > 1:
        # Past the end nothing is known of the count but by the first page.
        head = _from_provider(query.but(page=1), source)
        total, known = head.total, head.is_total_known
    else:
        total, known = _total(first, query, len(shown), ended=ended)
    if len(rows) + shown.count(None) != len(shown):
        # A page of several responses: equals changed places between them, one came twice.
        reasons.add(REORDERED)
    return Listing(
        rows=tuple(remembered(list(rows.values()), query)),
        total=total,
        is_total_known=known,
        has_next=len(found) > query.per_page,
        as_of=query.now,
        unreadable=shown.count(None),
        unproven=tuple(sorted(reasons)),
    )


def _next(request: PageRequest, taken: int) -> PageRequest:
    return replace(request, start=request.start + taken, length=request.length - taken)


def _in_place(page: Page) -> Iterator[MessageRecord | None]:
    """The rows of a page in their places, None for an unreadable one."""
    bad = {row.index for row in page.bad_rows}
    records = iter(page.records)
    for index in range(page.size):
        yield None if index in bad else next(records)


def _total(page: Page, query: MessageQuery, shown: int, *, ended: bool) -> tuple[int, bool]:
    """How many rows the question has, and whether that is all of them.

    An empty page behind them counts exactly. Otherwise the provider's own
    count stands, except where it only counts its answer: then more is known to come.
    """
    if ended:
        return query.offset + shown, True
    claimed = page.total_display_records
    if claimed and claimed > query.offset + shown and claimed != page.size:
        return claimed, True
    return query.offset + shown, False


def _from_rows(query: MessageQuery, source: LiveSource) -> Listing:
    answer = source.rows(query)
    rows = sorted_records(answer.records, query)
    end = query.offset + query.per_page
    return Listing(
        rows=tuple(rows[query.offset : end]),
        total=len(rows),
        is_total_known=not answer.unproven,
        has_next=len(rows) > end,
        as_of=answer.as_of,
        unproven=answer.unproven,
    )


def sorted_records(records: Iterable[MessageRecord], query: MessageQuery) -> list[MessageRecord]:
    """Rows in the question's order, the archive's own: by value, then time, then key.

    No cost comes before any; a text counts by its first SORTED_LETTERS.
    """
    value = _VALUES.get(query.sort_key, attrgetter(query.sort_key))
    return sorted(
        records,
        key=lambda r: (value(r), r.date, key_of(r.type, r.message_id)),
        reverse=query.descends,
    )


_VALUES: dict[str, Callable[[MessageRecord], Any]] = {
    "cost": lambda r: (r.cost is not None, r.cost or 0),
    "message": lambda r: r.message[:SORTED_LETTERS],
    "parts": lambda r: r.parts if isinstance(r, ArchivedRecord) else parts_of(r.message).number,
    "status": lambda r: r.status,
}
