"""Migrations while people work: none of them holds a table that is large for as long as it is large.

On PostgreSQL an index that is made plainly, a column that is written anew, and a constraint that is checked
lock their table for the whole time. Each migration since the first that may meet rows is looked at.
"""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from messages_app.migrating import IndexBesideWork

APP = "messages_app"
LARGE = {"message", "observation", "rollup"}
FIRST = "0005"
"""Those before it make the tables."""

HARMLESS = (
    migrations.CreateModel, migrations.AlterModelOptions, migrations.RemoveIndex,
    migrations.RenameIndex, migrations.RemoveField, migrations.RemoveConstraint, IndexBesideWork,
    AddIndexConcurrently,
)  # fmt: skip
"""Of PostgreSQL's catalogue alone, or beside the work."""

NAMED = re.compile(
    r"messages_app_(?:message|observation|rollup)\b|\b(?:Message|Observation|Rollup)\b"
)
"""How code and SQL of a migration speak of a large table."""

KNOWN: set[str] = set()
"""Migrations whose code does, and was read by somebody: it works in slices."""


def migrations_of_ours() -> Iterator[tuple[str, migrations.Migration]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app == APP:
            yield name, migration


def objections(name: str, operation: Operation) -> Iterator[str]:
    """Why an operation may hold a large table for long."""
    table = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for one in operation.database_operations:
            yield from objections(name, one)
    elif isinstance(operation, migrations.RunPython | migrations.RunSQL):
        if name not in KNOWN and NAMED.search(said_by(name, operation)):
            yield f"{name}: {type(operation).__name__} speaks of a large table"
    elif table in LARGE and not is_harmless(operation):
        yield f"{name}: {type(operation).__name__} of {table}"


def is_harmless(operation: Operation) -> bool:
    if isinstance(operation, migrations.AddField):
        return is_quick(operation.field)
    return isinstance(operation, HARMLESS)


def said_by(name: str, operation: migrations.RunPython | migrations.RunSQL) -> str:
    """The statements, or the whole module where it is code."""
    if isinstance(operation, migrations.RunSQL):
        return str(operation.sql)
    return inspect.getsource(inspect.getmodule(operation.code) or import_module(name))


def is_quick(field: Any) -> bool:
    """Whether PostgreSQL adds it without touching a row, and without an index."""
    return not (field.db_index or field.unique or field.is_relation or field.generated)


def is_new(name: str) -> bool:
    return name >= FIRST


def test_no_migration_holds_a_large_table():
    found = [
        why
        for name, migration in migrations_of_ours()
        if is_new(name)
        for operation in migration.operations
        for why in objections(name, operation)
    ]
    assert found == []


def test_what_is_made_beside_the_work_is_in_no_transaction():
    for name, migration in migrations_of_ours():
        if any(
            isinstance(one, IndexBesideWork | AddIndexConcurrently) for one in migration.operations
        ):
            assert migration.atomic is False, name


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("message", models.Index(fields=["parts"], name="x")),
        migrations.AlterField("message", "status", models.TextField()),
        migrations.AddField("message", "x", models.TextField(db_index=True)),
        migrations.AddConstraint("observation", models.UniqueConstraint("key", name="x")),
        migrations.RunSQL("UPDATE messages_app_message SET parts = 1"),
    ],
)
def test_what_would_is_told(operation):
    assert list(objections("0099", operation))


def model_state() -> ProjectState:
    return MigrationLoader(None, ignore_no_migrations=True).project_state()


def index_names(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))


@pytest.fixture
def index() -> IndexBesideWork:
    return IndexBesideWork("quarantine", models.Index(fields=["reason"], name="beside_work"))


def run(operation: IndexBesideWork, *, forwards: bool) -> None:
    before = model_state()
    after = before.clone()
    operation.state_forwards(APP, after)
    with connection.schema_editor(atomic=False) as editor:
        if forwards:
            operation.database_forwards(APP, editor, before, after)
        else:
            operation.database_backwards(APP, editor, after, before)


def test_an_index_is_made_beside_the_work_and_taken_away_again(own_database, index):
    run(index, forwards=True)
    assert "beside_work" in index_names("messages_app_quarantine")
    run(index, forwards=False)
    assert "beside_work" not in index_names("messages_app_quarantine")


def test_one_that_was_left_half_made_is_made_anew(own_database, index):
    run(index, forwards=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'beside_work'::regclass"
            )
        run(index, forwards=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'beside_work'::regclass"
            )
            assert cursor.fetchone() == (True,)
    assert "beside_work" in index_names("messages_app_quarantine")


def test_a_writer_does_not_wait_for_it(own_database, index):
    """On PostgreSQL the statement says so itself; SQLite has no other way than to wait."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        before = model_state()
        after = before.clone()
        index.state_forwards(APP, after)
        index.database_forwards(APP, editor, before, after)
    (said,) = [line for line in editor.collected_sql if "beside_work" in line and "CREATE" in line]
    assert ("CONCURRENTLY" in said) is (connection.vendor == "postgresql")
