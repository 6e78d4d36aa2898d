"""The ways in which figures are told apart: by country, reason, sender, campaign, hour, month.

A facet says which key each cell belongs to; `parts` counts a stream of cells by it. Where the cells
come from (rows, rollups) is for others to say, and every way gives the same parts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from messages_app.analysis.metrics import Cell, Key, Tally, cells, tally_by
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.slots import slot_of
from messages_app.analysis.statuses import INCOMING_TYPE, NONE, OUTGOING
from messages_app.privacy import Mask, number, words
from messages_app.provider import MessageRecord
from messages_app.sms.terms import BULK, MT

HOUR, MONTH = 3600, 30 * 86400


@dataclass(frozen=True, slots=True)
class Facet(Generic[Key]):
    """One way to tell figures apart.

    `value` is the further dimension of a row, by its name in the rollups (`rollups.DIMENSIONS`).
    `width` is the widest bucket of time that tells its keys apart, in seconds; 0: time does not.
    `is_weekly`: hours of the week tell them apart. `by_country`: whether its keys need the country.
    `is_sent`: outgoing rows alone are counted. `is_bulk`: only values with BULK rows on a day are parts.
    `cover` is a key as it is seen under a mask; keys that look alike then are one part.
    """

    key: Callable[[Cell], Key]
    value: str = ""
    width: int = 0
    is_weekly: bool = False
    by_country: bool = False
    is_sent: bool = False
    is_bulk: bool = False
    cover: Callable[[Key, Mask], Key] = lambda key, _mask: key

    @property
    def is_whole(self) -> bool:
        """Whether every row is in a part."""
        return not (self.is_sent or self.is_bulk)


def month_of(wall: datetime) -> datetime:
    """The first second of the month."""
    return datetime(wall.year, wall.month, 1)


TOTAL: Facet[None] = Facet(lambda _cell: None)
COUNTRY: Facet[str] = Facet(lambda cell: cell.country or NONE, by_country=True)
SLOT: Facet[str] = Facet(lambda cell: slot_of(cell.at), width=HOUR, is_weekly=True)
MONTHLY: Facet[datetime] = Facet(lambda cell: month_of(cell.at), width=MONTH)
REASON: Facet[tuple[str, str]] = Facet(
    lambda cell: (cell.state, cell.value or NONE),
    "details",
    cover=lambda key, mask: (key[0], words(key[1], mask)),
)
# Who sent an incoming message is a person.
SENDER: Facet[str] = Facet(lambda cell: cell.value or NONE, "sender", is_sent=True, cover=number)
CAMPAIGN: Facet[str] = Facet(lambda cell: cell.value, "campaign", is_bulk=True)

FACETS: dict[str, Facet[Any]] = {
    "reason": REASON,
    "sender": SENDER,
    "campaign": CAMPAIGN,
    "hour_of_week": SLOT,
    "month": MONTHLY,
}
"""By their names in the figures' JSON."""

VALUES: dict[str, Callable[[MessageRecord], str]] = {
    "": lambda _row: "",
    "details": lambda row: row.status_details,
    "sender": lambda row: row.sender,
    "campaign": lambda row: "" if row.campaign_id is None else str(row.campaign_id),
}
"""The further dimension of a row, as the rollups write it."""


@dataclass(frozen=True, slots=True)
class Parts(Generic[Key]):
    """The figures of a question by a facet; what is in no part is the rest of `totals`."""

    query: MessageQuery
    totals: Tally
    by: Mapping[Key, Tally]


def asked_by(query: MessageQuery, facet: Facet[Key]) -> MessageQuery | None:
    """The question as the facet counts it; None where it can have no rows."""
    if not facet.is_sent:
        return query
    return None if query.type == INCOMING_TYPE else query.but(type=OUTGOING)


def parts(cells: Iterable[Cell], query: MessageQuery, facet: Facet[Key]) -> Mapping[Key, Tally]:
    """Count cells by a facet, in the order of its keys; where it `is_bulk`, cells of `bulk` alone."""
    found = _covered(tally_by(cells, facet.key), facet, query.mask)
    return dict(sorted(found.items(), key=lambda one: one[0]))  # type: ignore[arg-type, return-value]


def _covered(by: Mapping[Key, Tally], facet: Facet[Key], mask: Mask) -> Mapping[Key, Tally]:
    if mask.is_open:
        return by
    found: dict[Key, Tally] = {}
    for key, tally in by.items():
        found.setdefault(facet.cover(key, mask), Tally()).merge(tally)
    return found


def bulk(cells: Iterable[Cell]) -> list[Cell]:
    """The cells of values that have BULK outgoing rows on one day of the wall clock."""
    found = [cell for cell in cells if cell.value]
    sent: dict[tuple[str, int], int] = {}
    for cell in found:
        if cell.type == MT:
            day = cell.value, cell.at.toordinal()
            sent[day] = sent.get(day, 0) + cell.rows
    large = {value for (value, _day), rows in sent.items() if rows >= BULK}
    return [cell for cell in found if cell.value in large]


def parts_of(
    records: Iterable[MessageRecord], query: MessageQuery, facet: Facet[Key]
) -> Mapping[Key, Tally]:
    """The same from the question's rows: the yardstick of every faster way."""
    asked = asked_by(query, facet)
    rows = [row for row in records if not facet.is_sent or row.type == MT] if asked else []
    counted = cells(rows, query.now, query.prices, VALUES[facet.value], query.mask)
    return parts(bulk(counted) if facet.is_bulk else counted, query, facet)
