"""A conversation from the provider, before the archive covers it.

Outgoing messages are asked for by their number. Incoming ones have no such filter: they are read
whole, a stretch of time at once, and the handset is matched here; how far that went is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from messages_app.analysis.live import LiveSource
from messages_app.analysis.query import MessageQuery
from messages_app.archive.bounds import SECOND
from messages_app.archive.windows import TooMuch, Window
from messages_app.provider import MessageRecord

SHORTER = (timedelta(days=30), timedelta(days=7), timedelta(days=1), timedelta(hours=1))
"""Lengths to fall back to where a range holds more than is read live."""

FIRST_LOOK, LONGEST_LOOK = 7, 366
"""Days of incoming messages that are read through at first, and at most at once."""

LOOKED_GAPS = 5
"""Holes of the archive that one look goes through at most: each takes calls of its own."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The rows of a question from `since` up to the end of its range, all of them."""

    rows: tuple[MessageRecord, ...]
    since: datetime
    as_of: datetime
    unproven: tuple[str, ...]


def reach(source: LiveSource, query: MessageQuery, latest: datetime | None = None) -> Reached:
    """As much of a question's range, from its end, as can be read live.

    Shorter ranges reach back from the second `latest`, the end unless given. Raises ProviderError,
    and TooMuch where not even the last hour can be read.
    """
    start, end = query.span
    try:
        return whole(source, query)
    except TooMuch as limit:
        refused = limit
    for length in SHORTER:
        since = (latest or end) - length + SECOND
        if since > start:
            try:
                return whole(source, query.within(since, end))
            except TooMuch as limit:
                refused = limit
    raise refused


def whole(source: LiveSource, query: MessageQuery) -> Reached:
    """All rows of a question. Raises as `reach`."""
    found = source.rows(query)
    return Reached(found.records, query.span[0], found.as_of, found.unproven)


@dataclass(slots=True)
class Look:
    """Incoming messages as far as they were read through.

    `since` is the earliest second that was; None: all were. `following` is how many days to read
    through next.
    """

    rows: list[MessageRecord] = field(default_factory=list)
    since: datetime | None = None
    following: int = FIRST_LOOK
    unproven: set[str] = field(default_factory=set)


def look_through(
    source: LiveSource, query: MessageQuery, gaps: Sequence[Window], days: int
) -> Look:
    """Read what `gaps` of time hold of the question, the newest first, `days` of them in all.

    Raises as `reach`.
    """
    found = Look(following=min(2 * days, LONGEST_LOOK))
    left = timedelta(days=days)
    for rank, gap in enumerate(reversed(gaps)):
        if left < SECOND or rank == LOOKED_GAPS:
            found.since = gap.end + SECOND
            return found
        start = max(gap.start, gap.end - left + SECOND)
        reached = reach(source, query.within(start, gap.end))
        found.rows += reached.rows
        found.unproven.update(reached.unproven)
        if reached.since > start:
            found.following = max(1, days // 2)
        if reached.since > gap.start:
            found.since = reached.since
            return found
        left -= gap.end - gap.start + SECOND
    return found


def holes(gaps: Iterable[Window], end: datetime) -> list[Window]:
    """What of some gaps lies up to the second `end`, in order."""
    cut = (Window(gap.start, min(gap.end, end)) for gap in gaps)
    return [gap for gap in cut if gap.start <= gap.end]
