"""Orders of the archive's table as SQL: by a column, then by time, then by key, all one way.

Each has its index. A column without a value comes before every value, on both databases.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Left
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.datastructures import BaseTable

from messages_app.analysis.conditions import CONDITIONS
from messages_app.analysis.query import MessageQuery
from messages_app.archive.columns import stored_credits, wall_seconds
from messages_app.models import SORTED_LETTERS, Message

_COLUMNS = {"date": ""}
_INDEXES = {"": "date", "message": "text"}
_NULLABLE = ("cost",)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an order; `values` are those of the order's columns, as stored."""

    values: tuple[Any, ...]
    date: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order by `column`, or by time alone where that is ""."""

    column: str
    descends: bool

    @classmethod
    def of(cls, query: MessageQuery) -> Self:
        name = query.sort_key
        return cls("" if _is_one_value(query) else _COLUMNS.get(name, name), query.descends)

    def reversed(self) -> Self:
        return replace(self, descends=not self.descends)

    @property
    def index(self) -> str:
        """The index that holds the rows in this order."""
        return f"message_{_INDEXES.get(self.column, self.column)}"

    def terms(self) -> list[OrderBy]:
        return [self._term(column) for column in self._columns]

    def place(self, key: int) -> Place | None:
        """Where the row with this key stands; None if there is none."""
        return self.place_at(Message.objects.filter(key=key), 0)

    def place_at(self, rows: QuerySet[Message, Any], number: int) -> Place | None:
        """Where the row with this number, from 0, of some in order stands; None if there is none."""
        found = rows.values_list(*self._columns)[number : number + 1]
        return next((Place(tuple(map(_stored, row)), row[-2]) for row in found), None)

    def beyond(self, place: Place) -> Iterator[Q]:
        """What follows the place, part by part: NULL compares with nothing, and has its own part."""
        nullable = self.column in _NULLABLE
        if nullable and place.values[0] is None:
            missing = Q((f"{self.column}__isnull", True))
            yield missing & self._compared(place, "<" if self.descends else ">")
            if not self.descends:
                yield ~missing
            return
        yield self._compared(place, "<" if self.descends else ">")
        if nullable and self.descends:
            yield Q((f"{self.column}__isnull", True))

    def pieces(self) -> list[Q]:
        """What the rows consist of, in order: those without a value are a piece of their own."""
        if self.column not in _NULLABLE:
            return [Q()]
        missing = Q((f"{self.column}__isnull", True))
        return [~missing, missing] if self.descends else [missing, ~missing]

    def between(self, after: Place | None, last: Place | None) -> Q:
        """Of one piece, what follows one place up to the other, this included; None is no bound."""
        clause = Q()
        if after:
            clause &= self._compared(after, "<" if self.descends else ">")
        if last:
            clause &= self._compared(last, ">=" if self.descends else "<=")
        return clause

    @property
    def _columns(self) -> list[F | Left]:
        ties: list[F | Left] = [F("date"), F("key")]
        if self.column == "message":
            return [_Beginning("message", SORTED_LETTERS), *ties]
        return [F(self.column), *ties] if self.column else ties

    def _term(self, column: F | Left) -> OrderBy:
        lacking = True if column == F(self.column) and self.column in _NULLABLE else None
        if self.descends:
            return OrderBy(column, descending=True, nulls_last=lacking)
        return OrderBy(column, nulls_first=lacking)

    def _compared(self, place: Place, sign: str) -> Q:
        """Rows that stand so to the place; of those without a value the rest of their order tells."""
        lacking = self.column in _NULLABLE and place.values[0] is None
        columns, values = self._columns[lacking:], place.values[lacking:]
        clause = Q(
            Func(
                _Row(*columns),
                _Row(*map(Value, values)),
                template="%(expressions)s",
                arg_joiner=f" {sign} ",
                output_field=BooleanField(),
            )
        )
        if self.column == "message":
            # SQLite compares rows of values without the index where one of them is computed.
            first = LessThanOrEqual if sign[0] == "<" else GreaterThanOrEqual
            clause &= Q(first(columns[0], values[0]))
        return clause


class _Beginning(Left):
    """The first letters of a text, spelt as in the index."""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        column, _length = self.get_source_expressions()
        sql, params = compiler.compile(column)
        return f"SUBSTR({sql}, 1, {SORTED_LETTERS})", params


class _Row(Func):
    """A row value, `(a, b, c)`: compared as a whole, an index seeks all of it at once."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def reading(rows: QuerySet[Message], index: str) -> QuerySet[Message]:
    """The same rows, on SQLite read by this index: it keeps no figures to choose one by."""
    if connection.vendor == "sqlite" and index:
        alias = rows.query.get_initial_alias()
        rows.query.alias_map[alias] = _Indexed(Message._meta.db_table, alias, index)
    return rows


class _Indexed(BaseTable):
    def __init__(self, table_name: str, alias: str | None, index: str) -> None:
        super().__init__(table_name, alias)
        self.index = index

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        sql, params = super().as_sql(compiler, connection)
        return f"{sql} INDEXED BY {self.index}", params


def _is_one_value(query: MessageQuery) -> bool:
    """Say whether all rows of the question have the same value in the column it sorts by.

    A status is asked for in any case and sorted as it came, so one asked for may still be several.
    """
    named = [c for c in CONDITIONS if c.name == query.sort_key not in ("message", "status")]
    return any(len(c.values(query)) == 1 and not c.is_ours(c.values(query)[0]) for c in named)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return wall_seconds(value)
    return stored_credits(value) if isinstance(value, Decimal) else value
