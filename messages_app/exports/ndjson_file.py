"""NDJSON for programs: a JSON object a line, under the API's names, with its own types."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from messages_app.exports.columns import IDENTIFYING, Value, reader, second
from messages_app.provider import MessageRecord


def chunks(
    slices: Iterable[Sequence[MessageRecord]], names: Sequence[str], _language: str
) -> Iterator[bytes]:
    """The file in pieces, one for each slice of rows; type and id are in every line."""
    names = tuple(dict.fromkeys((*IDENTIFYING, *names)))
    read = reader(names)
    yield b""
    for records in slices:
        lines = (dict(zip(names, map(_value, read(record)), strict=True)) for record in records)
        yield "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()


def _value(value: Value) -> Any:
    if isinstance(value, datetime):
        return second(value)
    return float(value) if isinstance(value, Decimal) else value
