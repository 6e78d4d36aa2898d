"""How a provider reads the ends of a range, how that is asked around, and how it shows that it still does.

Its documentation leaves open whether a row dated exactly `date_start` or `date_end` belongs to the
answer, and it may change its mind at any time. Knows no database and no Django.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Protocol

from messages_app.provider import MessageRecord, Page, PageRequest

SECOND = timedelta(seconds=1)

WITNESSES = 3
"""Rows by which bounds are confirmed at most: one may move or go between two calls."""


class Reader(Protocol):
    """What is needed of a provider client."""

    def page(self, request: PageRequest) -> Page: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whether a row dated exactly `date_start` or `date_end` belongs to the provider's answer."""

    start_included: bool = True
    end_included: bool = True

    def asked(self, request: PageRequest) -> PageRequest:
        """The request whose answer is exactly the inclusive range of `request`."""
        return replace(
            request,
            date_start=request.date_start - SECOND * (not self.start_included),
            date_end=request.date_end + SECOND * (not self.end_included),
        )


WIDE = Bounds(start_included=False, end_included=False)
"""Right whichever way the provider reads its bounds, at the price of two seconds too many: beside a
campaign's second they may be heavy."""


def confirmed(reader: Reader, bounds: Bounds, rows: Iterable[MessageRecord]) -> bool:
    """Whether one of the rows, which the provider has just shown, is shown by its very second too,
    asked for as `bounds` say. False as well where none is shown any more. Raises ProviderError."""
    for row in islice(rows, WITNESSES):
        if _shows(reader, row, bounds):
            return True
        if _shows(reader, row, WIDE):
            return False
    return False


def found_out(reader: Reader, rows: Iterable[MessageRecord]) -> Bounds | None:
    """How the provider reads its bounds, by the first of the rows that it still shows; at most three
    calls a row. None where it shows none any more. Raises ProviderError."""
    for row in islice(rows, WITNESSES):
        bounds = Bounds(
            _shows(reader, row, Bounds(), after=SECOND),
            _shows(reader, row, Bounds(), before=SECOND),
        )
        if bounds != WIDE or _shows(reader, row, WIDE):
            return bounds
    return None


_NOTHING = timedelta(0)


def _shows(
    reader: Reader,
    row: MessageRecord,
    bounds: Bounds,
    *,
    before: timedelta = _NOTHING,
    after: timedelta = _NOTHING,
) -> bool:
    """Whether the row is shown by its second, and the time `before` and `after` it."""
    # Narrowed to the row's own number, so that the answer is short also within a campaign.
    second = PageRequest(
        date_start=row.date - before,
        date_end=row.date + after,
        destination=row.destination,
        length=1000,
    )
    # One that moved meanwhile may come into a range from which its own second is excluded.
    shown = reader.page(bounds.asked(second)).records
    return any(one.key == row.key and one.date == row.date for one in shown)
