"""Answers a question from the days: the rows of one page, in order, and both counts.

Knows nothing of HTTP. Rows that are equal under the sort stand in an order drawn anew for each
answer (the provider promises none), or, with stable ties, by date and number.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from threading import Lock
from typing import NamedTuple, Protocol

from sandbox.clock import DAY, oldest_kept
from sandbox.days import Block
from sandbox.message import Message
from sandbox.question import Question

_KEPT_ORDERS = 4
_Key = Callable[[Message], int | str]


class Page(NamedTuple):
    """One page, how many rows lie within the dates, and how many of them pass the filters."""

    messages: list[Message]
    within: int
    passing: int


class Source(Protocol):
    """The days of one account."""

    def kept(self, low: int, high: int, now: int) -> Iterable[int]:
        """Return, ascending, the day numbers between two walls that can hold a message."""

    def block(self, day: int) -> Block:
        """Return a day."""

    def shown_count(self, day: int, now: int) -> int:
        """Return how many messages of a whole day show at an instant."""


class Order(Protocol):
    """Rows in ascending order of a sort: how many, and those between two positions."""

    size: int

    def cut(self, first: int, last: int, ties: Random | None) -> list[Message]:
        """Return the rows from position `first` up to, not including, `last`."""


class Search:
    """Finds pages in the days of one account; safe to use from several threads."""

    def __init__(self, days: Source) -> None:
        self.days = days
        self._orders: OrderedDict[tuple[Question, int], Order] = OrderedDict()
        self._lock = Lock()

    def page(self, question: Question, now: int, ties: Random | None) -> Page:
        """Return a page as it is at an instant; `ties` draws the order among equals, None is stable."""
        order = self.order(question, now)
        first = min(question.start, order.size)
        last = min(question.start + question.length, order.size)
        if question.descending:
            messages = order.cut(order.size - last, order.size - first, ties)[::-1]
        else:
            messages = order.cut(first, last, ties)
        return Page(messages, self._within(question, now), order.size)

    def between(self, low: int, high: int, now: int) -> Iterator[Message]:
        """Yield the rows that show between two walls, both included, by date and number."""
        for piece in self._pieces(Question(low, high), now):
            yield from piece.messages

    def order(self, question: Question, now: int) -> Order:
        """Return the rows of a question, its page aside; the last few are kept."""
        key = replace(question, start=0, length=0, descending=False), now
        with self._lock:
            if known := self._orders.get(key):
                self._orders.move_to_end(key)
                return known
        order = self._build(question, now)
        with self._lock:
            self._orders[key] = order
            while len(self._orders) > _KEPT_ORDERS:
                self._orders.popitem(last=False)
        return order

    def _build(self, question: Question, now: int) -> Order:
        pieces = self._pieces(question, now)
        if question.sort == "date":
            return ByDate(pieces)
        return Sorted(
            [one for piece in pieces for one in piece.messages], _keys(now)[question.sort]
        )

    def _within(self, question: Question, now: int) -> int:
        if not question.filtered:
            return self.order(question, now).size
        plain = Question(question.low, question.high)
        return sum(piece.size for piece in self._pieces(plain, now))

    def _pieces(self, question: Question, now: int) -> list["Piece"]:
        low, high = max(question.low, oldest_kept(now)), question.high
        bounded = replace(question, low=low, high=high)
        days = self.days.kept(low, high, now)
        return [Piece(self.days, day, bounded, now) for day in days]


class Piece:
    """The rows of a question that lie in one day; a whole day is counted without being written."""

    def __init__(self, days: Source, day: int, question: Question, now: int) -> None:
        self._days, self._day, self._question, self._now = days, day, question, now
        self._messages: list[Message] | None = None
        whole = question.low <= day * DAY and (day + 1) * DAY - 1 <= question.high
        plain = whole and not question.filtered
        self.size = days.shown_count(day, now) if plain else len(self.messages)

    @property
    def messages(self) -> list[Message]:
        """Return the rows by date and number."""
        if self._messages is None:
            block, question = self._days.block(self._day), self._question
            positions = block.within(block.shown(self._now), question.low, question.high)
            positions = block.matching(question, positions, self._now)
            rows = block.messages
            whole = len(positions) == len(rows)
            self._messages = rows if whole else [rows[position] for position in positions]
        return self._messages


class ByDate:
    """Days one after the other; equal dates never lie in two days."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.size]
        self._starts = [0]
        for piece in self._pieces:
            self._starts.append(self._starts[-1] + piece.size)
        self.size = self._starts[-1]

    def cut(self, first: int, last: int, ties: Random | None) -> list[Message]:
        """Return the rows between two positions, writing only the days that hold them."""
        found: list[Message] = []
        number = max(0, bisect_right(self._starts, first) - 1)
        while number < len(self._pieces) and self._starts[number] < last:
            piece, start = self._pieces[number], self._starts[number]
            low, high = max(first - start, 0), min(last - start, piece.size)
            found += _shuffled(piece.messages, low, high, lambda one: one.date, ties)
            number += 1
        return found


class Sorted:
    """All rows of a question under a sort other than the date."""

    def __init__(self, messages: list[Message], key: _Key) -> None:
        self._key = key
        self._messages = sorted(messages, key=key)
        self.size = len(messages)

    def cut(self, first: int, last: int, ties: Random | None) -> list[Message]:
        """Return the rows between two positions."""
        return _shuffled(self._messages, first, last, self._key, ties)


def _keys(now: int) -> dict[str, _Key]:
    return {
        "destination": lambda one: one.destination,
        "sender": lambda one: one.sender,
        "status": lambda one: one.status(now),
    }


def _shuffled(
    rows: Sequence[Message], first: int, last: int, key: _Key, ties: Random | None
) -> list[Message]:
    """Cut rows that are sorted by `key` as if each group of equals had been shuffled beforehand.

    A sample of the needed size out of a group is exactly a slice of the shuffled group.
    """
    if ties is None:
        return list(rows[first:last])
    found: list[Message] = []
    while first < last:
        value = key(rows[first])
        low = _group_start(rows, first, value, key)
        high = _group_end(rows, first, value, key)
        taken = min(last, high) - first
        if high - low == 1:
            found.append(rows[first])
        else:
            found += [rows[i] for i in ties.sample(range(low, high), taken)]
        first += taken
    return found


def _group_start(rows: Sequence[Message], at: int, value: int | str, key: _Key) -> int:
    if at == 0 or key(rows[at - 1]) != value:
        return at
    return bisect_left(rows, value, 0, at, key=key)


def _group_end(rows: Sequence[Message], at: int, value: int | str, key: _Key) -> int:
    if at + 1 == len(rows) or key(rows[at + 1]) != value:
        return at + 1
    return bisect_right(rows, value, at, len(rows), key=key)
