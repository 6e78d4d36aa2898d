"""CSV for people's spreadsheets: UTF-8 with its mark, `;` for French, `,` for English.

A cell that a spreadsheet could take for a formula gets one apostrophe in front, and so does one that
begins with an apostrophe: whoever takes off one leading apostrophe has the very text.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO

from messages_app.exports.columns import Value, plain, reader, second
from messages_app.provider import MessageRecord

BLANKS = " \t\r\n\x0b\x0c\u00a0\u2003\u2009\u202f\u3000\u200b\ufeff"
SIGNS = "=+-@'\uff1d\uff0b\uff0d\uff20"
"""Signs that begin a formula, in full width too, also behind BLANKS; and the apostrophe itself."""

_SUSPECT = re.compile(rf"[\t\r]|[{BLANKS}]*[{re.escape(SIGNS)}]")


def delimiter(language: str) -> str:
    """What divides cells where this language is spoken: the other opens in one column there."""
    return ";" if language.split("-", maxsplit=1)[0] == "fr" else ","


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _SUSPECT.match(text) else text


def cell(value: Value) -> str:
    if isinstance(value, str):
        return guarded(value)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return second(value)
    return plain(value) if isinstance(value, Decimal) else str(value)


def head(names: Sequence[str], language: str) -> bytes:
    """The file's beginning: its mark and the names of its columns."""
    return b"\xef\xbb\xbf" + _written([names], language)


def chunks(
    slices: Iterable[Sequence[MessageRecord]], names: Sequence[str], language: str
) -> Iterator[bytes]:
    """The file in pieces, one for each slice of rows."""
    yield head(names, language)
    for records in slices:
        yield lines(records, names, language)


def lines(records: Sequence[MessageRecord], names: Sequence[str], language: str) -> bytes:
    """Rows without a head."""
    read = reader(names)
    return _written(([*map(cell, read(record))] for record in records), language)


def _written(rows: Iterable[Sequence[str]], language: str) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter(language), lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
