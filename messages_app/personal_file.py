"""All that the dashboard holds about a number as one file: a ZIP of NDJSON, with a page in words.

Sent while it is made, slice by slice: it is as long as it is. Knows what is held (`erasing`); it asks
nobody and draws nothing.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.translation import gettext as _

from messages_app.archive.keys import id_of
from messages_app.archive.rows import read_rows
from messages_app.audit_reading import sliced
from messages_app.erasing import audit_lines, flags_of, held, keys_of, told
from messages_app.exports.columns import COLUMNS, reader, second
from messages_app.models import Observation

SLICE = 1000


class _Taken:
    """Takes what a ZIP writes, and gives it away in pieces; it has no way back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, piece: bytes) -> int:
        self._held += piece
        return len(piece)

    def flush(self) -> None:
        pass

    def given(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def personal_file(number: str, now: datetime) -> Iterator[bytes]:
    """The bytes of the file, in order. What is in words is in the language in force at the call."""
    parts: list[tuple[str, Iterable[bytes]]] = [
        ("README.txt", [_in_words(number, now).encode()]),
        ("messages.ndjson", _messages(number)),
        ("observations.ndjson", _observations(number)),
        ("flags.ndjson", _flags(number)),
        ("audit.ndjson", _audit(number)),
    ]
    return _zipped(parts)


def _zipped(parts: Sequence[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    taken = _Taken()
    with ZipFile(taken, "w", ZIP_DEFLATED) as made:  # type: ignore[call-overload]
        for name, pieces in parts:
            with made.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield taken.given()
    yield taken.given()


def _in_words(number: str, now: datetime) -> str:
    lines = [
        _("All that is held here about +%s") % number,
        _("As of %s") % f"{now:%Y-%m-%d %H:%M:%S %Z}",
        "",
        *(told(held(number)) or [_("Nothing is held.")]),
        "",
        _("Each file but this one has one JSON object a line, in UTF-8:"),
        _(
            "messages.ndjson: messages to and from the number, under the provider’s names of fields."
        ),
        _("observations.ndjson: earlier states of these messages, and when they were seen."),
        _("flags.ndjson: what staff noted on these messages, or elsewhere about the number."),
        _(
            "audit.ndjson: who of the staff searched for, opened, exported or revealed it, and when."
        ),
        "",
        _("Before this is handed on: audit.ndjson and flags.ndjson name colleagues."),
        _("The provider holds messages of its own, for six months; they are asked for there."),
    ]
    return "\n".join([*lines, ""])


def _messages(number: str) -> Iterator[bytes]:
    keys, read = keys_of(number), reader(COLUMNS)
    for at in range(0, len(keys), SLICE):
        for record in read_rows(keys[at : at + SLICE]):
            # Fields that we do not know say as much about somebody as the others.
            yield _line(**dict(record.extra) | dict(zip(COLUMNS, read(record), strict=True)))


def _observations(number: str) -> Iterator[bytes]:
    keys = keys_of(number)
    fields = ("key", "since", "until", "date", "status", "status_details", "dlr_date", "gone_at")
    for at in range(0, len(keys), SLICE):
        found = Observation.objects.filter(key__in=keys[at : at + SLICE]).order_by("key", "since")
        for key, *values in found.values_list(*fields):
            yield _line(message_id=id_of(key), **dict(zip(fields[1:], values, strict=True)))


def _flags(number: str) -> Iterator[bytes]:
    for flag in flags_of(number).order_by("pk").values():
        yield _line(**flag)


def _audit(number: str) -> Iterator[bytes]:
    for one in sliced(audit_lines(number)):
        yield _line(at=one.at, act=one.act, name=one.name, about=one.about)


def _line(**values: Any) -> bytes:
    return f"{json.dumps(values, ensure_ascii=False, default=_plain)}\n".encode()


def _plain(value: object) -> float | str:
    if isinstance(value, datetime) and value.tzinfo is None:
        return second(value)
    return float(value) if isinstance(value, Decimal) else str(value)
