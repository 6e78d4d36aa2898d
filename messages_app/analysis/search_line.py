"""A question written as the search line that asks it, in the words of the language in force.

The way back is `searches.understood`; order and page of the list are no part of a search.
"""

from collections.abc import Iterator

from messages_app.analysis.exact import exactly, is_exact, meant
from messages_app.analysis.numbers import (
    LONGEST_NUMBER,
    SHORTEST_NUMBER,
    typed_number_or_start,
)
from messages_app.analysis.operators import (
    NUMBERS,
    OPERATORS,
    SEVERAL,
    name_of_value,
    operator_of,
)
from messages_app.analysis.periods import DEFAULT_PERIOD
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import NONE

LONG_PERIOD = "last_6_months"
"""What the provider keeps: where one number, campaign or reference is looked for."""

_ORDER = [operator.field for operator in OPERATORS]
_NOT_SEARCHED = ("sort", "page", "per_page")


def line_of(query: MessageQuery, region: str) -> str:
    """The line that asks this question, "" for the default one; `region` as in `typed_number`."""
    said = [pair for pair in query.to_params() if pair[0] not in _NOT_SEARCHED]
    is_dated = any(name in ("date_start", "period") for name, _value in said)
    if not is_dated and usual_period(query) != DEFAULT_PERIOD:
        said.append(("period", DEFAULT_PERIOD))
    if query.period == usual_period(query):
        said = [pair for pair in said if pair[0] != "period"]
    for name in SEVERAL:
        values = [value for field, value in said if field == name]
        if len(values) > 1:
            said = [pair for pair in said if pair[0] != name]
            said.append((name, ",".join(values)))
    return " ".join(_pieces(sorted(said, key=lambda pair: _ORDER.index(pair[0])), region))


def usual_period(query: MessageQuery) -> str:
    """The period of a line that names none.

    Messages of one number, campaign or reference are few and may be old: all that the provider
    keeps. Else the default.
    """
    one_of = (query.destination, _digits_of_sender(query), query.campaign, query.reference)
    return LONG_PERIOD if any(map(_is_one, one_of)) else DEFAULT_PERIOD


def one_number(query: MessageQuery) -> str:
    """The number whose messages alone a question asks for, as the provider writes it; else ""."""
    asked = (query.destination, _digits_of_sender(query))
    return next((meant(value) for value in asked if _is_one(value)), "")


def _digits_of_sender(query: MessageQuery) -> str:
    return query.sender if query.sender.isdecimal() else ""


def _is_one(value: str) -> bool:
    return bool(value) and value != NONE and (is_exact(value) or not value.endswith("*"))


def _pieces(said: list[tuple[str, str]], region: str) -> Iterator[str]:
    for name, value in said:
        word = operator_of(name).word
        if name == "message":
            yield _in_quotes(value)
        elif name in NUMBERS:
            yield f"{word}:{_number(value, region)}"
        elif name in ("date_start", "date_end"):
            yield f"{word}:{_moment(name, value)}"
        else:
            pieces = value.split(",") if name in SEVERAL else [value]
            yield f"{word}:{_glued(','.join(name_of_value(name, one) for one in pieces))}"


def _number(value: str, region: str) -> str:
    """A number as it is read back: with its +, as it is, or marked to mean just itself."""
    if is_exact(value):
        return _glued(value)
    is_digits = value.isascii() and value.isdigit()
    if is_digits and len(value) > LONGEST_NUMBER:
        return _glued(exactly(value))
    digits = is_digits and len(value) >= SHORTEST_NUMBER
    for shown in (f"+{value}", value) if digits else (value,):
        if typed_number_or_start(shown, region) == value:
            return _glued(shown)
    return _glued(exactly(value))


def _moment(name: str, value: str) -> str:
    """A second; the day alone where that is what a bare day means."""
    day, _blank, clock = value.partition(" ")
    bare = "00:00:00" if name == "date_start" else "23:59:59"
    return day if clock == bare else f"{day}T{clock}"


def _glued(value: str) -> str:
    """A value that can follow a colon."""
    is_plain = value[:1] not in ('"', "“", "«") and not any(c.isspace() for c in value)
    return value if value and is_plain else _in_quotes(value)


def _in_quotes(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
