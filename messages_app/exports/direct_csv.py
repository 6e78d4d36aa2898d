"""The CSV of archived rows of which nothing is hidden, with every cell made by the database.

The same cells as `csv_file` makes, which stays the yardstick: Python touches no value, but for an
apostrophe where one is due. Rows come by slices, in the question's order, as for every other file.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from messages_app.analysis.archived import row_slices
from messages_app.analysis.conditions import narrowed
from messages_app.analysis.query import MessageQuery
from messages_app.archive.rows import read_rows
from messages_app.exports import csv_file
from messages_app.exports.csv_file import BLANKS, SIGNS, delimiter, head
from messages_app.models import Message

Slice = tuple[int, list[bytes]]
"""How many lines, and their text in pieces."""

_Lines = Callable[[QuerySet[Message, Any], Sequence[str], str], Slice]

SLICES = {"sqlite": 5_000, "postgresql": 30_000}
"""Rows that are in memory at the same time; where a server is asked, fewer would cost more."""

COPIED = 400
"""Lines of PostgreSQL that are looked through at once: soon enough for it to write on meanwhile, and few
enough for memory that is used again (larger blocks are asked from the system each time)."""

OPENS, CLOSES = "\x1d", "\x1e"
"""What SQLite writes around a text, until it is a quote: hardly any text holds them."""

TIMES = ("date", "dlr_date")
WHOLE = ("message_id", "message_length", "campaign_id", "client_id", "parts")
PLAIN = (*TIMES, *WHOLE, "cost", "encoding")
"""Columns in which no text stands."""

_TIME = {
    "sqlite": "datetime({}, 'unixepoch')",
    # Half the work of `to_timestamp`, whose zone has to be taken off again.
    "postgresql": "timestamp '1970-01-01' + make_interval(secs => {})",
}
_COST = {
    "sqlite": "CASE WHEN cost %% 1000000 != 0 THEN rtrim(printf("
    "'%%s%%d.%%06d', CASE WHEN cost < 0 THEN '-' ELSE '' END, abs(cost) / 1000000,"
    " abs(cost) %% 1000000), '0') ELSE cost / 1000000 END",
    # The shortest text of a double is exact up to 15 digits, in a third of a numeric's time; what is
    # smaller than it writes without an exponent is rare.
    "postgresql": "CASE WHEN cost BETWEEN 100 AND 999999999999999 THEN (cost::float8 / 1000000)::text"
    " ELSE trim_scale(cost::numeric / 1000000)::text END",
}


def chunks(query: MessageQuery, names: Sequence[str], language: str) -> Iterator[Slice]:
    """The file slice by slice, after its head."""
    yield 0, [head(names, language)]
    lines: _Lines = _selected
    if connection.vendor == "postgresql":
        lines = partial(_copied, is_all=not narrowed(query))
    if len(names) == 1:
        # What is unknown and stands alone needs quotes: a line without any letter is no row.
        lines = _by_hand
    for rows in row_slices(query, SLICES[connection.vendor]):
        yield lines(rows, names, language)


def _selected(rows: QuerySet[Message, Any], names: Sequence[str], language: str) -> Slice:
    # SQLite joins the cells to a line too, and as bytes: a value that never comes to Python costs least.
    shape = delimiter(language).join(
        "%%s" if name in PLAIN else f"{OPENS}%%s{CLOSES}" for name in names
    )
    cells = ", ".join(_cell(name, "sqlite") for name in names)
    line = _raw(f"CAST(printf('{shape}', {cells}) AS BLOB)")
    lines = list(rows.values_list(line, flat=True))
    text = b"".join(b"%b\r\n" % one for one in lines)
    texts = len(lines) * sum(name not in PLAIN for name in names)
    if any(text.count(mark.encode()) != texts for mark in (OPENS, CLOSES)):
        return _by_hand(rows, names, language)
    text = re.sub(_formula(OPENS), rb"\g<0>'", text.replace(b'"', b'""'))
    return len(lines), [text.replace(OPENS.encode(), b'"').replace(CLOSES.encode(), b'"')]


def _by_hand(rows: QuerySet[Message, Any], names: Sequence[str], language: str) -> Slice:
    """Where the database's line would not be clear."""
    records = read_rows(list(rows))
    return len(records), [csv_file.lines(records, names, language)]


def _copied(
    rows: QuerySet[Message, Any], names: Sequence[str], language: str, *, is_all: bool
) -> Slice:
    made = {f"{name}_cell": _raw(_cell(name, "postgresql")) for name in names}
    sql, params = rows.annotate(**made).values_list(*made).query.sql_with_params()
    # Every text in quotes: PostgreSQL then looks for no reason to, and we know where one begins. The
    # first cell too: behind a quote that ends a line, no sign follows.
    quoted = ", ".join(f"{name}_cell" for name in names if name not in PLAIN or name == names[0])
    mark = delimiter(language)
    asked = f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER '{mark}', FORCE_QUOTE ({quoted}))"
    # Quotes within a text are doubled: one alone behind a delimiter opens a text, or ends one.
    opens = f'{mark}"' if names[0] in PLAIN else f'(?:^|{mark})"'
    formula = re.compile(_formula(opens), re.MULTILINE)
    texts = []
    with transaction.atomic(), connection.cursor() as cursor:
        # A slice is soon read: other processes, or code compiled for it, would cost more than it.
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off")
        if is_all:
            # The index has the order; PostgreSQL takes it for scattered over the table, and would sort.
            cursor.execute("SET LOCAL enable_sort = off")
        with cursor.copy(asked, params) as copy:
            while text := _some(copy):
                texts.append(formula.sub(rb"\g<0>'", text))
        return cursor.rowcount, texts


def _some(copy: Iterable[Any]) -> bytes:
    # Written away one by one: to keep a line costs as much as to read it.
    text = BytesIO()
    text.writelines(islice(copy, COPIED))
    return text.getvalue()


def _cell(name: str, vendor: str) -> str:
    """A column as the file has it; the names are our own."""
    if name in TIMES:
        return _TIME[vendor].format(name)
    if name == "encoding":
        return "CASE WHEN is_unicode THEN 'Unicode' ELSE 'GSM-7' END"
    return _COST[vendor] if name == "cost" else name


def _formula(opened: str) -> bytes:
    """An expression for the begin of a text that a spreadsheet could take for a formula, `opened` in front.

    Nearly all texts are known by their first byte.
    """
    suspect = "\t\r" + BLANKS + SIGNS
    first = b"".join({re.escape(letter.encode()[:1]) for letter in suspect})
    rest = f"(?=[\t\r]|{_one_of(BLANKS)}*{_one_of(SIGNS)})"
    return b"%b(?=[%b])%b" % (opened.encode(), first, rest.encode())


def _raw(sql: str) -> RawSQL:
    return RawSQL(sql, ())  # noqa: S611 - of constants alone


def _one_of(letters: str) -> str:
    return f"(?:{'|'.join(map(re.escape, letters))})"
