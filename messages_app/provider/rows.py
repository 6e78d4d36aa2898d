"""One row of an answer, already parsed, into a typed record or the reason why not.

A tolerant reader: what the provider documents, and the drift of types seen around it. Knows
neither JSON nor XML nor HTTP.
"""

import json
import re
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal
from typing import Any

from messages_app.provider.records import BadRow, MessageRecord

MAX_MESSAGE_ID = 2**61
"""Ids stay below it: the archive's key is `4 × message_id + type`, in a signed 64-bit column."""

MAX_INTEGER = 2**63
MAX_COST = 10**12
MAX_COST_PLACES = 12
MAX_NAME = 64
"""Characters of a type or a status: they are names, shown in lists and kept in indexed columns."""

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
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
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
    readers = {
        **dict.fromkeys(TEXTS, text),
        **dict.fromkeys(INTEGERS, integer),
        "cost": amount,
        "dlr_date": date,
    }
    found: dict[str, Any] = {}
    for name, read in readers.items():
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
    if isinstance(value, Decimal) and _is_plausible(value):
        return Decimal(format(value, "f"))
    raise NotUnderstood("not an amount")


def _is_plausible(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    small = isinstance(exponent, int) and exponent >= -MAX_COST_PLACES
    return small and value.adjusted() <= 12 and abs(value) < MAX_COST


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
    found = _DATE.fullmatch(written)
    if found is None:
        raise NotUnderstood("the date is not YYYY-MM-DD HH:MM:SS")
    try:
        moment = datetime(*map(int, found.groups()))  # type: ignore[arg-type]
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
