"""The list from the archive: any question, in any order, on any page.

First the keys of the page are read off an index, then their rows. A step to the next or previous
page starts at a row; a jump passes over rows by number, from the nearer end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from messages_app.analysis.archived_jumps import ORDERS, Jumps
from messages_app.analysis.archived_order import Order, Place, reading
from messages_app.analysis.conditions import OTHER, narrowed, where
from messages_app.analysis.exact import meant
from messages_app.analysis.listing import Listing
from messages_app.analysis.query import MessageQuery
from messages_app.archive.rows import read_rows
from messages_app.models import Message

COUNTED = 100_000
"""Rows that the first answer counts; a larger total is counted by itself (`count_archived`)."""


JUMPED = 500
"""Rows up to which a page is found by passing over each, where the rollups could tell."""

GATHERED = 10_000
"""Rows that are read by their filters and then sorted; more are read in order and then filtered."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row that a page comes after, or before: its integer key (`keys.key_of`)."""

    key: int
    forward: bool = True


def list_archived(
    query: MessageQuery, *, cursor: Cursor | None = None, as_of: datetime | None = None
) -> Listing:
    """One page of the question, from the archive alone.

    A cursor whose row is gone gives way to the page's number. `as_of` is `query.now` unless given.
    """
    asked = _Asked(query, narrowed(query), Order.of(query))
    if cursor and query.fence is not None and not is_inside(cursor.key, query.fence):
        # Where the list goes on from a row tells that it exists, and when.
        cursor = None
    jumps = Jumps.of(query, by_country=asked.order.column == "country")
    total = jumps.total if jumps else asked.count(COUNTED + 1)
    known = bool(jumps) or total <= COUNTED
    keys = asked.beside(cursor, total) if cursor else None
    if keys is None and not known and query.offset >= COUNTED:
        # So far down a count is no more work, and shows the nearer end.
        total, known = asked.count(), True
    if keys is None:
        keys = asked.numbered(total, jumps, is_total_known=known)
    return Listing(
        rows=tuple(read_rows(keys[: query.per_page])),
        total=total if known else COUNTED,
        is_total_known=known,
        has_next=len(keys) > query.per_page,
        as_of=as_of or query.now,
        source="archive",
    )


def is_inside(key: int, fence: MessageQuery) -> bool:
    """Whether the row with this key is one of the fence's own question."""
    return Message.objects.filter(where(fence), key=key).exists()


def count_archived(query: MessageQuery, most: int | None = None) -> int:
    """All rows of the question, however many; more than `most` are not passed over for it."""
    jumps = Jumps.of(query)
    return jumps.total if jumps else _Asked(query, narrowed(query), Order.of(query)).count(most)


def is_archived(query: MessageQuery) -> bool:
    """Say whether there is a row that the question's filters hold for, of whatever time."""
    return reading(Message.objects.filter(narrowed(query)), index_of_number(query)).exists()


def index_of_number(query: MessageQuery) -> str:
    """The index that holds one whole number's rows; "" where the question names none, or more that is rare.

    SQLite keeps no figures: between a number and a status it would choose by the order of indexes.
    """
    if query.message or query.campaign or query.reference:
        return ""
    named = {"destination": query.destination, "sender": query.sender}
    return next((f"message_{name}" for name, value in named.items() if meant(value).isdigit()), "")


def key_slices(query: MessageQuery, size: int) -> Iterator[list[int]]:
    """Keys of all rows of the question, in its order, `size` at a time.

    Each slice is a question of its own, that begins at the row with which the last one ended: nothing
    is held in the database meanwhile, and rows that come or go move no other.
    """
    asked = _Asked(query, narrowed(query), Order.of(query))
    total = asked.count(COUNTED + 1)
    keys = list(asked.rows_of(Q(date__range=query.span), asked.order, total, size)[:size])
    while keys:
        ends = (asked.order.place(key) for key in reversed(keys))
        place = next((end for end in ends if end), None)
        yield keys
        if len(keys) < size or place is None:
            return
        keys = asked.beyond(place, asked.order, total, size)


def row_slices(query: MessageQuery, size: int) -> Iterator[QuerySet[Message, int]]:
    """All rows of the question as sets in its order, each ordered and of about `size`.

    A set ends at a row, not at a number: what comes or goes before it is asked makes it larger or
    smaller, and moves no other. Whoever has the database write the rows reads no key of them.
    """
    asked = _Asked(query, narrowed(query), Order.of(query))
    total = asked.count(COUNTED + 1)
    for piece in asked.order.pieces():
        after, is_more = None, True
        while is_more:
            rest = asked.rows_of(asked.stretch(after, None) & piece, asked.order, total, size)
            last = asked.order.place_at(rest, size - 1)
            yield asked.rows_of(asked.stretch(after, last) & piece, asked.order, total, size)
            after, is_more = last, last is not None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its clause and order; answers with the keys of a page and one more, if any."""

    query: MessageQuery
    clause: Q
    order: Order

    def count(self, most: int | None = None) -> int:
        rows = Message.objects.filter(Q(date__range=self.query.span) & self.clause)
        # Some statuses are told by what they are not: no index seeks that, but one holds all it takes.
        others = "message_state" if OTHER in self.query.statuses else ""
        return reading(rows, index_of_number(self.query) or others)[:most].count()

    def numbered(self, total: int, jumps: Jumps | None, *, is_total_known: bool) -> list[int]:
        first, last = self.query.offset, self.query.offset + self.query.per_page + 1
        span = Q(date__range=self.query.span)
        if jumps and first >= JUMPED and self.order.column in ORDERS:
            keys = self._jumped(jumps, first)
            if keys is not None:
                return keys
        if not is_total_known or first < total // 2:
            return list(self.rows_of(span, self.order, total, last)[first:last])
        first, last = max(0, total - last), max(0, total - first)
        return list(self.rows_of(span, self.order.reversed(), total, last)[first:last])[::-1]

    def _jumped(self, jumps: Jumps, first: int) -> list[int] | None:
        """None where no place is told: past the end, or while counts are made anew."""
        found = jumps.place(first, self.order)
        if found is None:
            return None
        place, rest = found
        # Of these orders what lies beyond a place is one part.
        (part,) = self._parts(place, self.order)
        last = rest + self.query.per_page + 1
        return list(self.rows_of(part, self.order, jumps.total, last)[rest:last])

    def beside(self, cursor: Cursor, total: int) -> list[int] | None:
        """None where the cursor is no help: its row is gone, or too few rows lie before it."""
        place = self.order.place(cursor.key)
        if place is None:
            return None
        if cursor.forward:
            return self.beyond(place, self.order, total, self.query.per_page + 1)
        found = self.beyond(place, self.order.reversed(), total, self.query.per_page)
        last = self.order.place(found[0]) if len(found) == self.query.per_page else None
        if last is None:
            return None
        return [*found[::-1], *self.beyond(last, self.order, total, 1)]

    def beyond(self, place: Place, order: Order, total: int, count: int) -> list[int]:
        """Keys of the next rows beyond the place."""
        found: list[int] = []
        for part in self._parts(place, order):
            if len(found) < count:
                found.extend(self.rows_of(part, order, total, count)[: count - len(found)])
        return found

    def _parts(self, place: Place, order: Order) -> Iterator[Q]:
        """What lies beyond the place within the range, part by part."""
        start, end = self.query.span
        span = Q(date__range=(start, end))
        if not order.column and start <= place.date <= end:
            # The place itself is the other bound: with both, SQLite may start at the wrong one.
            span = Q(date__gte=start) if order.descends else Q(date__lte=end)
        for part in order.beyond(place):
            yield span & part

    def stretch(self, after: Place | None, last: Place | None) -> Q:
        """What of the range follows one place up to the other, within one piece of the order."""
        start, end = self.query.span
        bounds = self.order.between(after, last)
        if self.order.column:
            return Q(date__range=(start, end)) & bounds
        # As in `_parts`: a place takes the stead of the bound of time on its side.
        first, final = (last, after) if self.order.descends else (after, last)
        if not first:
            bounds &= Q(date__gte=start)
        return bounds if final else bounds & Q(date__lte=end)

    def rows_of(self, part: Q, order: Order, total: int, steps: int) -> QuerySet[Message, int]:
        """Keys of a part in order; `steps` are the rows to pass of `total` that there are."""
        rows = reading(Message.objects.filter(part & self.clause), self._index(total, steps))
        return rows.order_by(*order.terms()).values_list("key", flat=True)

    def _index(self, total: int, steps: int) -> str:
        """The index to read by, "" where the filters' own serves the order, or few rows are left."""
        walks = total >= COUNTED or (total > GATHERED and steps * 20 <= total)
        if self.order.column and walks:
            return self.order.index
        if number := index_of_number(self.query):
            return number
        return "message_state" if OTHER in self.query.statuses and not walks else ""
