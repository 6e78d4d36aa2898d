"""The one place that turns a question's conditions into rows.

A condition is either handed to the provider under its own parameter, or checked here on rows that
are at hand. Nothing else decides which rows belong to a question, so lists, figures and charts
cannot disagree.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import (
    MT,
    MT_STATUSES,
    NO_REASON,
    PROVIDER_SORTS,
    TYPE_OF_DIRECTION,
)
from messages_app.provider import MessageRecord, PageRequest

Test = Callable[[MessageRecord, MessageQuery], bool]

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: what it asks for, the provider's parameter that can ask it, and its test on a row.

    `parameter` is "" where the provider has none; `values` are the values in force, none if unused.
    """

    name: str
    parameter: str
    values: Callable[[MessageQuery], tuple[str, ...]]
    holds: Test

    def is_pushed(self, query: MessageQuery) -> bool:
        """Say whether the provider itself can narrow to this: it takes one value of each."""
        return (
            bool(self.parameter)
            and len(self.values(query)) == 1
            and OTHER not in self.values(query)
        )


def _one(name: str) -> Callable[[MessageQuery], tuple[str, ...]]:
    def values(query: MessageQuery) -> tuple[str, ...]:
        value: str = getattr(query, name)
        return (value,) if value else ()

    return values


def is_other(record: MessageRecord) -> bool:
    """An outgoing row with a status that we do not know."""
    return record.type == MT and record.status_name not in MT_STATUSES


def _has_status(record: MessageRecord, query: MessageQuery) -> bool:
    return record.status_name in query.statuses or (OTHER in query.statuses and is_other(record))


CONDITIONS = (
    Condition(
        "destination",
        "destination",
        _one("destination"),
        lambda r, q: r.destination == q.destination,
    ),
    Condition(
        "message",
        "message",
        _one("message"),
        lambda r, q: q.message.casefold() in r.message.casefold(),
    ),
    Condition("type", "type", _one("type"), lambda r, q: r.type == TYPE_OF_DIRECTION[q.type]),
    Condition("country", "country", lambda q: q.countries, lambda r, q: r.country in q.countries),
    Condition("status", "status", lambda q: q.statuses, _has_status),
    Condition(
        "details",
        "",
        lambda q: q.details,
        lambda r, q: (r.status_details or NO_REASON) in q.details,
    ),
    Condition("sender", "", _one("sender"), lambda r, q: r.sender == q.sender),
    Condition(
        "campaign", "", _one("campaign"), lambda r, q: str(r.campaign_id or "") == q.campaign
    ),
)


def provider_request(query: MessageQuery) -> PageRequest:
    """The question as far as the provider can be asked it; dates are the question's own seconds."""
    start, end = query.span
    pushed: dict[str, Any] = {
        c.parameter: c.values(query)[0] for c in CONDITIONS if c.is_pushed(query)
    }
    return PageRequest(date_start=start, date_end=end, **pushed)


def is_wholly_pushed(query: MessageQuery) -> bool:
    """Say whether the provider alone can answer a page of this question, in this order."""
    narrowed = all(c.is_pushed(query) for c in CONDITIONS if c.values(query))
    return narrowed and query.sort_key in PROVIDER_SORTS


def keep(records: Iterable[MessageRecord], query: MessageQuery) -> list[MessageRecord]:
    """The rows of `records`, read by `provider_request(query)`, that the whole question holds for."""
    tests = [c.holds for c in CONDITIONS if c.values(query) and not c.is_pushed(query)]
    return [record for record in records if all(test(record, query) for test in tests)]
