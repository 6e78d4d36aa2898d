"""Rows of the archive as records: what the provider reported, and what the archive knows besides."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from messages_app.models import Message
from messages_app.provider import MessageRecord


@dataclass(frozen=True, slots=True)
class ArchivedRecord(MessageRecord):
    """A message as last read. `since`, `read_at` and `gone_at` are aware instants of readings.

    `state` is the status in lower case, or `withdrawn`. `gone_at` is None while the provider shows
    the row. `parts` and `is_unicode` outlive an anonymised text.
    """

    state: str = field(kw_only=True)
    parts: int = field(kw_only=True)
    is_unicode: bool = field(kw_only=True)
    is_named: bool = field(kw_only=True)
    is_opt_out: bool = field(kw_only=True)
    since: datetime = field(kw_only=True)
    read_at: datetime = field(kw_only=True)
    gone_at: datetime | None = field(kw_only=True)


_COLUMNS = tuple(ArchivedRecord.__dataclass_fields__)


def read_rows(keys: Iterable[int]) -> list[ArchivedRecord]:
    """The rows with these keys (`keys.key_of`), in their order; those that are gone are left out."""
    wanted = list(keys)
    rows = Message.objects.filter(key__in=wanted).values_list("key", *_COLUMNS)
    found = {key: record_of(values) for key, *values in rows}
    return [found[key] for key in wanted if key in found]


def record_of(values: Iterable[Any]) -> ArchivedRecord:
    """A record from the values of its columns, in the order of its fields."""
    row = dict(zip(_COLUMNS, values, strict=True))
    stored = row["extra"]
    row["extra"] = tuple(json.loads(stored).items()) if stored else ()
    return ArchivedRecord(**row)
