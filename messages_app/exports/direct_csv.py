"""The CSV of archived rows of which nothing is hidden, with every cell made by the database.

The same cells as `csv_file` makes, which stays the yardstick: Python touches no value. PostgreSQL
writes the lines too (COPY). Keys come by slices, in the question's order, as for every other file.
"""

import json
from collections.abc import Iterator, Sequence

from django.db import connection

from messages_app import answers
from messages_app.analysis.archived import key_slices
from messages_app.analysis.query import MessageQuery
from messages_app.exports.csv_file import BLANKS, SIGNS, delimiter, head
from messages_app.models import Message

TABLE = Message._meta.db_table
TIMES = ("date", "dlr_date")
WHOLE = ("message_id", "message_length", "campaign_id", "client_id")

_ORDERED = {
    "sqlite": f"json_each(%s) AS asked CROSS JOIN {TABLE} AS m ON m.key = asked.value"
    " ORDER BY asked.key",
    "postgresql": f"unnest('{{%s}}'::bigint[]) WITH ORDINALITY AS asked(key, place)"
    f" JOIN {TABLE} AS m USING (key) ORDER BY place",
}
_TIME = {
    "sqlite": "datetime(m.{}, 'unixepoch')",
    "postgresql": "(timestamp '1970-01-01' + m.{} * interval '1 second')",
}
_COST = {
    "sqlite": "CASE WHEN m.cost IS NULL THEN NULL WHEN m.cost %% 1000000 = 0 THEN m.cost / 1000000"
    " ELSE rtrim(printf("
    "'%%s%%d.%%06d', CASE WHEN m.cost < 0 THEN '-' ELSE '' END, abs(m.cost) / 1000000,"
    " abs(m.cost) %% 1000000), '0') END",
    "postgresql": "trim_scale(m.cost::numeric / 1000000)",
}


def chunks(query: MessageQuery, names: Sequence[str], language: str) -> Iterator[tuple[int, bytes]]:
    """The file in pieces, each with the rows that are in it."""
    yield 0, head(names, language)
    mark = delimiter(language)
    lines = _copied if connection.vendor == "postgresql" else _selected
    for keys in key_slices(query, answers.SLICE):
        yield lines(keys, names, mark)


def _selected(keys: list[int], names: Sequence[str], mark: str) -> tuple[int, bytes]:
    # SQLite joins the cells to lines too: a value that never comes to Python costs least.
    cells = f" || '{mark}' || ".join(_quoted_cell(name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {cells} FROM {_ORDERED['sqlite']}", [json.dumps(keys)])  # noqa: S608
        rows = [line for (line,) in cursor.fetchall()]
    return len(rows), "".join(f"{line}\r\n" for line in rows).encode()


def _quoted_cell(name: str) -> str:
    cell = _cell(name, "sqlite")
    quoted = (
        cell
        if name in (*TIMES, *WHOLE, "cost")
        else f"""'"' || replace({cell}, '"', '""') || '"'"""
    )
    return f"coalesce({quoted}, '')"


def _copied(keys: list[int], names: Sequence[str], mark: str) -> tuple[int, bytes]:
    asked = _sql(names) % ",".join(map(str, keys))
    sql = f"COPY ({asked}) TO STDOUT (FORMAT csv, DELIMITER '{mark}')"
    with connection.cursor() as cursor:
        with cursor.copy(sql) as copy:
            lines = b"".join(copy)
        return cursor.rowcount, lines


def _sql(names: Sequence[str]) -> str:
    vendor = connection.vendor
    # The names are our own columns, the rest constants.
    return f"SELECT {', '.join(_cell(name, vendor) for name in names)} FROM {_ORDERED[vendor]}"  # noqa: S608


def _cell(name: str, vendor: str) -> str:
    if name in TIMES:
        return _TIME[vendor].format(name)
    if name == "cost":
        return _COST[vendor]
    return f"m.{name}" if name in WHOLE else _guarded(f"m.{name}")


def _guarded(column: str) -> str:
    """`csv_file.guarded`; nearly all texts are known by their first letter."""
    harmless = " OR ".join(
        f"({column} >= '{first}' AND {column} < '{after}')"
        for first, after in (("A", "["), ("a", "{"), ("0", ":"))
    )
    signs = ", ".join(map(_quoted, SIGNS))
    return (
        f"CASE WHEN {column} = '' THEN NULL WHEN {harmless} THEN {column}"
        f" WHEN substr({column}, 1, 1) IN ('\t', '\r')"
        f" OR substr(ltrim({column}, {_quoted(BLANKS)}), 1, 1) IN ({signs})"
        f" THEN '''' || {column} ELSE {column} END"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
