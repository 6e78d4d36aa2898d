"""The audit trail without its guards, as a database's owner has it: to tamper with, and to empty."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

from messages_app.audit import HEAD, new_head
from messages_app.audited import AuditHead, AuditLine

migration = import_module("messages_app.migrations.0013_audit")


@contextmanager
def unguarded() -> Iterator[None]:
    """No trigger refuses anything, while the context lasts."""
    if connection.vendor == "sqlite":
        off, on = migration.OFF_SQLITE, migration.ON_SQLITE
    else:
        off, on = (
            [
                f"ALTER TABLE {table} {verb} TRIGGER USER"
                for table in (migration.LINE, migration.HEAD)
            ]
            for verb in ("DISABLE", "ENABLE")
        )
    _say(off)
    try:
        yield
    finally:
        _say(on)


def _say(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def last() -> AuditLine:
    """The line that was written last."""
    line = AuditLine.objects.order_by("-number").first()
    assert line
    return line


def empty() -> None:
    """No line, as the migrations leave it."""
    with unguarded():
        AuditLine.objects.all().delete()
        AuditHead.objects.all().delete()
    new_head().save()


@contextmanager
def recorded() -> Iterator[list[AuditLine]]:
    """The lines that are written while the context lasts, once it is over."""
    ends = AuditHead.objects.values_list("number", flat=True)
    before = max(ends, default=0)
    lines: list[AuditLine] = []
    yield lines
    lines += AuditLine.objects.filter(number__gt=before).order_by("number")


@pytest.fixture(scope="session", autouse=True)
def _emptied() -> Iterator[None]:
    """Behind a test of a live server Django empties all tables: this one's lines too, for once."""
    empty = BaseDatabaseOperations.execute_sql_flush

    def emptied(operations: Any, statements: Sequence[str]) -> None:
        with unguarded():
            empty(operations, statements)
        if not AuditHead.objects.filter(pk=HEAD).exists():
            new_head().save()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", emptied)
        yield
