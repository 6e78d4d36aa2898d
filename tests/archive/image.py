"""An archive that many tests begin with: read from the provider once, then put back as it was.

Reading it takes three times as long, and how that is done is for the tests of the sync to show.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from django.apps import apps
from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows as stored, but for numbers that the database gives by itself."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Image:
    """What was read from the provider at `api_url`, of all tables."""

    api_url: str
    tables: tuple[Table, ...]

    @classmethod
    def of(cls, api_url: str, read: Callable[[], None]) -> Self:
        """What `read` writes into an empty archive."""
        before = {table.name: table.rows for table in _tables()}
        read()
        found = (
            replace(one, rows=[row for row in one.rows if row not in before[one.name]])
            for one in _tables()
        )
        return cls(api_url, tuple(table for table in found if table.rows))

    def put(self, api_url: str) -> None:
        """Into an empty archive; what was told by the provider's address is told by its present one."""
        with connection.cursor() as cursor:
            for table in self.tables:
                marks = ", ".join(["%s"] * len(table.columns))
                columns = ", ".join(table.columns)
                rows = [
                    tuple(api_url if v == self.api_url else v for v in row) for row in table.rows
                ]
                cursor.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", rows)


def _tables() -> Iterator[Table]:
    for model in apps.get_app_config("messages_app").get_models():
        if model._meta.managed:
            yield _table(model)


def _table(model: type[models.Model]) -> Table:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = tuple(connection.ops.quote_name(str(f.column)) for f in fields)
    name = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {name}")
        return Table(name, columns, cursor.fetchall())
