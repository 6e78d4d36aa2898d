"""Links from a figure, a bar or a cell to exactly the rows that it counts."""

from typing import Any

from messages_app.analysis.query import MessageQuery
from messages_app.charts.marks import Link
from messages_app.filters import question_url, spelled
from messages_app.places import place
from messages_app.privacy import Hidden
from messages_app.sms.delays import bins_between, span_of

FILTERS = {"countries": "country", "details": "details"}
"""The filter that a field of several values of the question belongs to."""


def narrowed(query: MessageQuery, **wanted: Any) -> MessageQuery | None:
    """The question narrowed to `wanted` within what it already asks; None where nothing is left."""
    if any(_is_hidden(value) for value in wanted.values()):
        return None  # what is masked cannot be asked for
    changes = {name: _spelled(name, value) for name, value in wanted.items()}
    for name in ("countries", "statuses", "details"):
        asked = getattr(query, name)
        if name in changes and asked:
            changes[name] = tuple(sorted(set(changes[name]) & set(asked)))
            if not changes[name]:
                return None
    for name in ("type", "kind", "slot"):
        if name in changes and getattr(query, name) not in ("", changes[name]):
            return None
    if "delay" in changes and query.delay:
        changes["delay"] = _shared(changes["delay"], query.delay)
        if not changes["delay"]:
            return None
    return query.but(sort="-date", **changes)


def _spelled(name: str, value: Any) -> Any:
    """The values of rows as their filters have to be given them; all else as it is."""
    if name == "sender":
        return spelled(name, value)
    if name in FILTERS:
        return tuple(spelled(FILTERS[name], one) for one in value)
    return value


def _is_hidden(value: object) -> bool:
    several = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, Hidden) for one in several)


def _shared(delay: str, asked: str) -> str:
    """The delays that lie in both spans, "" where none does."""
    one, other = bins_between(delay), bins_between(asked)
    shared = range(max(one.start, other.start), min(one.stop, other.stop))
    return span_of(shared) if shared else ""


def links(query: MessageQuery) -> Link:
    """Makes the addresses of the rows behind the figures of a question; "" for who may see no rows."""
    path = place("messages", query)

    def link(**wanted: Any) -> str:
        found = narrowed(query, **wanted) if query.mask.rows else None
        return question_url(path, found) if found else ""

    return link


def rows_url(query: MessageQuery, **wanted: Any) -> str:
    """The list of the rows behind a figure; "" where the question leaves none."""
    return links(query)(**wanted)
