"""One row of an answer, already parsed, into a typed record or the reason why not.

A tolerant reader: what the provider documents, and the drift of types seen around it. Knows
neither JSON nor XML nor HTTP.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from messages_app.provider.records import BadRow, MessageRecord

MAX_MESSAGE_ID = 2**61
"""Ids stay below it: the archive's key is `4 × message_id + type`, in a signed 64-bit column."""

MAX_INTEGER = 2**63
MAX_COST = 10**6
MAX_COST_PLACES = 6
"""Credits of one message stay below a million, in whole millionths: so their sums stay exact in
64 bits. Anything else is no cost of a text message."""

MAX_NAME = 64
"""Characters of a type or a status: they are names, shown in lists and kept in indexed columns."""

MAX_REFERENCE = 255
"""Characters of a number, sender, country, reason or reference: databases index no endless ones."""

TEXTS = (
    "status_details",
    "destination",
    "sender",
    "message",
    "country",
    "client_message_id",
    "contact_list_id",
)
INTEGERS = ("message_length", "campaign_id", "client_id")
KNOWN = {"message_id", "type", "date", "status", "cost", "dlr_date", *TEXTS, *INTEGERS}

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DIGITS = re.compile(r"[0-9]{1,19}")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", re.ASCII)
_NO_DATE = re.compile(r"(?:0000-00-00(?:[ T]00:00:00)?)?")


class NotUnderstood(Exception):
    """A value that is there and is not what its field holds."""


def record_of(index: int, row: object) -> MessageRecord | BadRow:
    """The record of one parsed row (a mapping of field to value), or a bad row.

    A row is bad only when its id, type, date or status is missing or unreadable. `index` is its
    place in the answer.
    """
    if not isinstance(row, Mapping):
        return BadRow(index, None, "the row is not an object")
    try:
        required = _required(row)
    except NotUnderstood as problem:
        return BadRow(index, _shown_id(row.get("message_id")), str(problem))
    extra: dict[str, str] = {name: raw(row[name]) for name in row if name not in KNOWN}
    optional = _optional(row, extra)
    names = sorted((storable(name), value) for name, value in extra.items())
    return MessageRecord(**required, **optional, extra=tuple(names))


def _required(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "message_id": _message_id(row.get("message_id")),
        "type": _name(row.get("type"), "type"),
        "date": _required_date(row.get("date")),
        "status": _name(row.get("status"), "status"),
    }


def _optional(row: Mapping[str, Any], extra: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, read in _READERS.items():
        value = row.get(name)
        try:
            found[name] = read(value)
        except NotUnderstood:
            found[name] = "" if name in TEXTS else None
            extra[name] = raw(value)
    return found


def storable(value: str) -> str:
    """The text as every database keeps it: NUL becomes ␀ (U+2400), half a surrogate pair U+FFFD.

    PostgreSQL refuses NUL and UTF-8 has no surrogates: so both databases hold the same.
    """
    if value.isprintable():
        return value
    return _UNSTORABLE.sub(lambda hit: "␀" if hit[0] == "\0" else "\ufffd", value)


def raw(value: object) -> str:
    """The value as JSON text, with storable strings; the digits of numbers stay as they came."""
    if isinstance(value, Mapping):
        inside = (f"{raw(str(name))}: {raw(item)}" for name, item in value.items())
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(raw, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return json.dumps(storable(value), ensure_ascii=False)
    return json.dumps(value)


def text(value: object) -> str:
    """A text field: null and absent are "", a bare number is its digits."""
    if value is None:
        return ""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and abs(value.adjusted()) < 20:
        return format(value, "f")
    raise NotUnderstood("not a text")


def reference(value: object) -> str:
    """A text that is searched and sorted by, of at most MAX_REFERENCE characters."""
    found = text(value)
    if len(found) > MAX_REFERENCE:
        raise NotUnderstood("too long")
    return found


def integer(value: object) -> int | None:
    """A whole number of 0 or more, bare or as digits in a text; "" and null are None."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_INTEGER:
        return value
    raise NotUnderstood("not a whole number")


def amount(value: object) -> Decimal | None:
    """Credits, from an int, a decimal, or either in a text; "" and null are None."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    found = _plausible(str(value)) if isinstance(value, Decimal) else None
    if found is None:
        raise NotUnderstood("not an amount")
    return found


@lru_cache(4096)
def _plausible(digits: str) -> Decimal | None:
    """The amount without an exponent, None where it is no cost. A page repeats a few prices."""
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -100 or value.adjusted() > 12:
        return None
    written = format(value, "f")
    # Counted on the digits: Decimal's own arithmetic rounds, and would let a longer one pass.
    places = written.partition(".")[2].rstrip("0")
    return Decimal(written) if len(places) <= MAX_COST_PLACES and abs(value) < MAX_COST else None


def date(value: object) -> datetime | None:
    """A naive local time; "", null and MySQL's zero date are None. XML puts it inside quotes.

    A zone behind it is not understood: read as local time it would be wrong by hours. The first
    and the last year of the calendar are refused, so that zone arithmetic cannot overflow later.
    """
    if value is None:
        return None
    written = _unquoted(value) if isinstance(value, str) else "?"
    if _NO_DATE.fullmatch(written):
        return None
    if _DATE.fullmatch(written) is None:
        raise NotUnderstood("the date is not YYYY-MM-DD HH:MM:SS")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise NotUnderstood("the date does not exist") from None
    if not MINYEAR < moment.year < MAXYEAR:
        raise NotUnderstood("the date is at the edge of the calendar")
    return moment


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) >= 2 and value[0] == value[-1] == '"'
    return value[1:-1].strip() if quoted else value


def _message_id(value: object) -> int:
    number = integer(value)
    if number is None:
        raise NotUnderstood("message_id is missing")
    if number >= MAX_MESSAGE_ID:
        raise NotUnderstood("message_id is too large")
    return number


_READERS: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(TEXTS, reference),
    "message": text,
    **dict.fromkeys(INTEGERS, integer),
    "cost": amount,
    "dlr_date": date,
}


def _required_date(value: object) -> datetime:
    moment = date(value)
    if moment is None:
        raise NotUnderstood("the date is missing")
    return moment


def _name(value: object, field: str) -> str:
    try:
        name = text(value).strip()
    except NotUnderstood:
        raise NotUnderstood(f"{field} is not a text") from None
    if not name:
        raise NotUnderstood(f"{field} is missing")
    if len(name) > MAX_NAME or not name.isprintable():
        raise NotUnderstood(f"{field} is not a name")
    return name


def _shown_id(value: object) -> str | None:
    """The id of a bad row as digits: anything else that stands there may be personal."""
    try:
        number = integer(value)
    except NotUnderstood:
        return None
    return None if number is None else str(number)
