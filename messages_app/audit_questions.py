"""What the audit trail tells of a question: its parameters, with keyed digests for personal values.

    destination=#5f0c…&period=today

Whoever knows a number finds who asked for it; nobody reads it out of the trail.
"""

from urllib.parse import urlencode

from django.http import HttpRequest

from messages_app.analysis.exact import meant
from messages_app.analysis.query import DEFAULT_PER_PAGE, DEFAULT_SORT, MessageQuery
from messages_app.analysis.statuses import NONE
from messages_app.audit import NUMBER_DIGITS, Act, number_digest, record_asked
from messages_app.digests import digest
from messages_app.privacy import asks_for_number, holds_number
from messages_app.searches import Search

MARK = "#"
"""Before a digest, in place of a value."""


def told(query: MessageQuery) -> str:
    """The question as the trail keeps it: on which page and in which order makes no difference."""
    whole = query.but(sort=DEFAULT_SORT, per_page=DEFAULT_PER_PAGE)
    return urlencode([(name, _told(name, value)) for name, value in whole.to_params()], safe=MARK)


def _told(name: str, value: str) -> str:
    if name in ("destination", "sender"):
        return MARK + number_digest(value)
    if name in ("message", "reference") or (name == "details" and holds_number(meant(value))):
        return MARK + digest("audit text", value)[:NUMBER_DIGITS]
    return value


def numbers_of(query: MessageQuery) -> list[str]:
    """The numbers that a question asks for, by whichever filter."""
    found = [query.destination] if query.destination != NONE else []
    found += [query.sender] if asks_for_number(meant(query.sender)) else []
    texts = (query.message, query.reference, *map(meant, query.details))
    return [number for number in (*found, *(one for one in texts if holds_number(one))) if number]


def record_search(request: HttpRequest, query: MessageQuery) -> None:
    """Record a question that asks for a number. Raises NotRecorded: then nothing may be answered."""
    if numbers := numbers_of(query):
        record_asked(Act.SEARCHED, request, told(query), numbers)


def record_search_box(request: HttpRequest, found: Search) -> None:
    """Record a line of the search box that may mean a number. Raises NotRecorded.

    Only what its reader was not recorded to ask for just now: the list that it leads to records itself.
    """
    for reading in found.readings:
        if reading.query and (numbers := numbers_of(reading.query)):
            record_asked(Act.SEARCHED, request, told(reading.query), numbers, anew=False)
