"""The columns of an export, under the API's names, and a row's values for them. Knows no file format."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from messages_app.analysis.parts import parts_of_row
from messages_app.provider import MessageRecord

Value = str | int | Decimal | datetime | None

COLUMNS = (
    "message_id", "type", "date", "status", "status_details", "destination", "sender", "message",
    "message_length", "cost", "country", "campaign_id", "client_id", "client_message_id",
    "contact_list_id", "dlr_date",
)  # fmt: skip
"""Every field of the API, in its own order; what an export holds unless others are chosen."""

DERIVED = ("parts", "encoding")
"""What the list shows besides and no field of the API gives; in an export where it is chosen."""

IDENTIFYING = ("type", "message_id")
"""What tells a row from every other: always in a file that programs read."""

OF_TABLE = {
    "time": ("date",), "direction": ("type",), "route": ("sender", "destination"),
    "text": ("message",), "status": ("status", "status_details"), "cost": ("cost",),
    "country": ("country",), "reason": ("status_details",), "delay": ("date", "dlr_date"),
    "receipt": ("dlr_date",), "campaign": ("campaign_id",), "reference": ("client_message_id",),
    "client": ("client_id",), "id": ("message_id",), "characters": ("message_length",),
    "parts": ("parts",), "encoding": ("encoding",),
}  # fmt: skip
"""What stands in each column of the list, as the API's fields; of what is derived, where from."""

QUANTITIES = ("message_length", "cost", "parts")
"""What one counts with; identifiers are digits that nobody adds up."""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once and in their order. Raises ValueError for one that there is not."""
    unknown = [name for name in names if name not in (*COLUMNS, *DERIVED)]
    if unknown or not names:
        raise ValueError(f"no such columns: {', '.join(unknown)}")
    return tuple(dict.fromkeys(names))


def of_table(names: Sequence[str]) -> tuple[str, ...]:
    """What the list's columns show, under the API's names, in the order of these."""
    return tuple(dict.fromkeys(field for name in names for field in OF_TABLE.get(name, ())))


def reader(names: Sequence[str]) -> Callable[[MessageRecord], tuple[Value, ...]]:
    """Reads the values of these columns from a row."""
    if set(names) & set(DERIVED):
        return lambda record: tuple(_value(record, name) for name in names)
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda record: (only(record),)
    return attrgetter(*names)


def _value(record: MessageRecord, name: str) -> Value:
    if name not in DERIVED:
        found: Value = getattr(record, name)
        return found
    parts = parts_of_row(record)
    return parts.number if name == "parts" else parts.encoding


def second(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.isoformat(" ", "seconds")


def plain(amount: Decimal) -> str:
    """An amount in digits, without an exponent."""
    return format(amount, "f")
