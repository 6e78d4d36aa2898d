"""Links from a figure, a bar or a cell to exactly the rows that it counts."""

from typing import Any

from django.urls import reverse

from messages_app.analysis.query import MessageQuery
from messages_app.filters import question_url


def narrowed(query: MessageQuery, **wanted: Any) -> MessageQuery | None:
    """The question narrowed to `wanted` within what it already asks; None where nothing is left."""
    changes = dict(wanted)
    for name in ("countries", "statuses", "details"):
        asked = getattr(query, name)
        if name in changes and asked:
            changes[name] = tuple(sorted(set(changes[name]) & set(asked)))
            if not changes[name]:
                return None
    if "type" in changes and query.type not in ("", changes["type"]):
        return None
    return query.but(sort="-date", **changes)


def rows_url(query: MessageQuery, **wanted: Any) -> str:
    """The list of the rows behind a figure; "" where the question leaves none."""
    found = narrowed(query, **wanted)
    return question_url(reverse("messages"), found) if found else ""
